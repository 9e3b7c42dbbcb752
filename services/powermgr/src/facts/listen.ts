import type { Bus, Subscription } from "@busbar/bus";
import { asBusbarError, BusbarError, headers, type Milliseconds, peerSubjects } from "@busbar/contracts";
import type { CheckResult, Clock, Log, Metrics } from "@busbar/daemon";
import type { Platform, Policies } from "@busbar/platform";
import { AlertIntake, type AlertListener } from "./alert-intake.ts";
import { DataLossWatch, type ThermalDataLoss } from "./data-loss.ts";
import { Facts } from "./facts.ts";
import { Refresh } from "./refresh.ts";
import { tellAll } from "./tell-all.ts";

export interface FactsOptions {
  readonly platform: Pick<Platform, "zones">;
  readonly policies: () => Policies;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The part of the bus that is needed here. */
type FactsBus = Pick<Bus, "subscribe" | "exchange" | "connected">;

/** Also says whether the broker is there: its outage silences everybody, and alone is no reason to cut power. */
export type HeardLoss = ThermalDataLoss & { readonly connected: boolean };

export interface FactsService {
  /** Usable at once; nothing is known until `listen`. */
  readonly facts: Facts;
  /** Every alert that counts. @returns ends it */
  onAlert(listener: AlertListener): () => void;
  /** Emergencies of zones that cool something here. */
  onEmergency(listener: AlertListener): () => void;
  /** Once per loss. What is to be done about it is for the policy `emergency.thermalDataLoss`. */
  onThermalDataLost(listener: (loss: HeardLoss) => void): () => void;
  health(): CheckResult;
  /** Resolves when the broker has the subscriptions that it doesn't deny; the refreshing goes on until `stop`. */
  listen(bus: FactsBus, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

const alertSubjects = [
  peerSubjects.thermalWarning,
  peerSubjects.thermalCritical,
  peerSubjects.thermalEmergency,
  peerSubjects.sensorEmergency,
  peerSubjects.sensorThreshold,
  peerSubjects.powermgrThermal,
];

export function startFacts({ platform, policies, clock, log, metrics }: FactsOptions): FactsService {
  const facts = new Facts(clock, () => policies().thermal.staleAfter);
  const alerts = metrics.counter({ name: "busbar_alerts_total", help: "Thermal alerts by what became of them" });
  const intake = new AlertIntake({ facts, zones: platform.zones, policies, clock, log, alerts });
  const watch = new DataLossWatch(facts, platform.zones);
  const lossListeners = new Set<(loss: HeardLoss) => void>();
  const abort = new AbortController();
  const subscriptions: Subscription[] = [];
  const denied: string[] = [];
  let refresh: Refresh | undefined;
  let running: Promise<void> = Promise.resolve();

  const lookForLoss = (bus: FactsBus) => {
    const found = watch.look();
    if (found === undefined) return;
    const loss: HeardLoss = { ...found, connected: bus.connected };
    log.warn(loss, "temperatures that were known are not any more");
    tellAll(lossListeners, log, loss);
  };

  return {
    facts,
    onAlert: (listener) => intake.onAlert(listener),
    onEmergency: (listener) =>
      intake.onAlert((alert, components) => {
        if (alert.severity === "emergency" && components.length > 0) listener(alert, components);
      }),
    onThermalDataLost(listener) {
      lossListeners.add(listener);
      return () => lossListeners.delete(listener);
    },
    health: () => healthOf([...denied, ...unknownZones(facts, platform, policies), ...(refresh?.problems() ?? [])]),
    async listen(bus, signal) {
      for (const subject of alertSubjects) {
        try {
          subscriptions.push(await bus.subscribe(subject, (heard) => intake.take(heard.subject, heard.data), signal));
        } catch (thrown) {
          const error = asBusbarError(thrown);
          if (error.code !== "PERMISSION_DENIED") throw error;
          denied.push(error.message);
          log.warn({ err: error }, `alerts on ${subject} can't be heard`);
        }
      }
      const ask = (subject: string, data: Uint8Array, timeout: Milliseconds) => answered(bus, subject, data, timeout);
      const zones = [...platform.zones.keys()];
      const every = () => policies().thermal.refresh;
      refresh = new Refresh({ facts, zones, ask, every, clock, log, onRound: () => lookForLoss(bus) });
      running = refresh.run(abort.signal);
    },
    async stop() {
      abort.abort();
      for (const subscription of subscriptions) subscription.unsubscribe();
      await running;
    },
  };
}

/** @throws BusbarError: what the bus says, or UNAVAILABLE when the peer answered with an error */
async function answered(bus: FactsBus, subject: string, data: Uint8Array, timeout: Milliseconds): Promise<Uint8Array> {
  const reply = await bus.exchange(subject, data, { timeout });
  const code = reply.header(headers.serviceErrorCode);
  if (code === undefined) return reply.data;
  const text = reply.header(headers.serviceError) ?? "without a word";
  throw new BusbarError("UNAVAILABLE", `it answered error ${code}: ${text}`, {
    reason: "peer-error",
    remedy: "look at its log",
  });
}

function* unknownZones(facts: Facts, platform: FactsOptions["platform"], policies: () => Policies): Iterable<string> {
  for (const zone of platform.zones.keys()) {
    const { is } = facts.zone(zone);
    if (is === "stale") yield `the temperature of zone ${zone} is not known any more`;
    if (is === "never-heard" && policies().thermal.requireData) yield `the temperature of zone ${zone} was never heard`;
  }
}

const healthOf = (problems: readonly string[]): CheckResult =>
  problems.length === 0
    ? { status: "ok" }
    : {
        status: "degraded",
        message: problems.join("; ").slice(0, 512),
        remedy: "see that thermalmgr and sensormon run, and that the broker lets powermgr hear them",
      };
