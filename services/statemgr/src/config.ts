/** Every key: flag `--<arg>`, environment variable, default. */
export const schema = {
  natsUrl: {
    doc: "URL of the broker",
    format: String,
    default: "nats://127.0.0.1:4222",
    arg: "nats-url",
    env: "BUSBAR_NATS_URL",
  },
  dataDir: {
    doc: "directory of the database",
    format: String,
    default: "/var/lib/busbar/statemgr",
    arg: "data-dir",
    env: "BUSBAR_STATEMGR_DATA_DIR",
  },
  platform: {
    doc: "path of the platform file",
    format: String,
    default: "/etc/busbar/platform.yaml",
    arg: "platform",
    env: "BUSBAR_PLATFORM",
  },
  logLevel: {
    doc: "least severe level that is logged",
    format: ["trace", "debug", "info", "warn", "error"],
    default: "info",
    arg: "log-level",
    env: "BUSBAR_LOG_LEVEL",
  },
  integrationTimeoutMs: {
    doc: "how long powermgr may take to answer, milliseconds (100 to 60000)",
    format: "nat",
    default: 10_000,
    arg: "integration-timeout-ms",
    env: "BUSBAR_INTEGRATION_TIMEOUT_MS",
  },
  requestLimit: {
    doc: "request ids that are kept at most",
    format: "nat",
    default: 10_000,
    arg: "request-limit",
    env: "BUSBAR_REQUEST_LIMIT",
  },
  retainStateChanges: {
    doc: "state changes that are kept",
    format: "nat",
    default: 100_000,
    arg: "retain-state-changes",
    env: "BUSBAR_RETAIN_STATE_CHANGES",
  },
  retainEvents: {
    doc: "events kept for the stream",
    format: "nat",
    default: 5_000,
    arg: "retain-events",
    env: "BUSBAR_RETAIN_EVENTS",
  },
};

export interface Config {
  natsUrl: string;
  dataDir: string;
  platform: string;
  logLevel: string;
  integrationTimeoutMs: number;
  requestLimit: number;
  retainStateChanges: number;
  retainEvents: number;
}
