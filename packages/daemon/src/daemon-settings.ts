import { choice, optional, type Setting, text, wholeNumber } from "./config/setting.ts";
import { logLevels } from "./log.ts";

export interface DaemonSettings {
  readonly logLevel: Setting<(typeof logLevels)[number]>;
  readonly metricsPort: Setting<number | null>;
  readonly otlpEndpoint: Setting<string | null>;
}

/** What every daemon can be told. A daemon's own setting of the same key takes the place of the one here. */
export const daemonSettings = (program: string): DaemonSettings => ({
  logLevel: choice(logLevels, { doc: "least severe level that is logged", default: "info" }),
  metricsPort: optional(
    wholeNumber({
      doc: "loopback port of /metrics and /healthz; 0 takes any free one; without it there is none",
      min: 0,
      max: 65_535,
      // Not shared: two daemons can't have one port.
      env: `BUSBAR_${program.toUpperCase().replaceAll("-", "_")}_METRICS_PORT`,
    }),
  ),
  otlpEndpoint: optional(
    text({
      doc: "URL of the OTLP/HTTP collector that gets traces, without /v1/traces; without it no spans are kept",
      // The name that OpenTelemetry gives it, which users and orchestrators set already.
      env: "OTEL_EXPORTER_OTLP_ENDPOINT",
    }),
  ),
});
