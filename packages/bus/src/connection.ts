import { setImmediate as nextTurn } from "node:timers/promises";
import { Events, type NatsConnection, type Status } from "nats";
import { abortable } from "./abortable.ts";
import { cancelled, notConnected } from "./bus-failure.ts";
import type { BusLog } from "./bus-log.ts";

export type BusStatus = "disconnected" | "reconnected";

/** A permission that the broker refused. */
export interface Denial {
  readonly operation: "publish" | "subscription";
  readonly subject: string;
}

export interface Connection {
  readonly nats: NatsConnection;
  /** Without credentials. */
  readonly url: string;
  readonly connected: boolean;
  onStatus(listener: (status: BusStatus) => void): () => void;
  onDenied(listener: (denial: Denial) => void): () => void;
  /**
   * Resolves when the broker has everything that was sent, subscriptions above all; waits out an outage.
   * @throws BusbarError ABORTED by the signal, UNAVAILABLE once closed
   */
  settled(signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** When the last outage began (performance.now()); undefined while connected. */
export interface Outage {
  since: number | undefined;
}

/** Between two "waiting" lines in the log. */
export const reminderMs = 30_000;

/** Watches an open connection: what nats.js tells through an iterator becomes a state, listeners and log lines. */
export function watchConnection(nats: NatsConnection, url: string, log: BusLog, outage: Outage): Connection {
  const statusListeners = new Set<(status: BusStatus) => void>();
  const deniedListeners = new Set<(denial: Denial) => void>();
  let connected = true;
  let closing = false;
  let reminder: NodeJS.Timeout | undefined;

  const tell = <T>(listeners: Set<(news: T) => void>, news: T) => {
    for (const listener of listeners) {
      try {
        listener(news);
      } catch (error) {
        log.error({ err: error }, "a listener of the bus threw");
      }
    }
  };

  const outageMs = () => Math.round(performance.now() - (outage.since ?? performance.now()));

  const onLost = () => {
    if (!connected) return;
    connected = false;
    outage.since = performance.now();
    if (!closing) {
      log.warn({}, `lost the broker at ${url}; reconnecting`);
      reminder = setInterval(() => log.warn({ waitedMs: outageMs() }, `waiting for the broker at ${url}`), reminderMs);
      reminder.unref();
    }
    tell(statusListeners, "disconnected");
  };

  const onBack = () => {
    log.info({ outageMs: outageMs() }, `connected to the broker at ${url} again`);
    clearInterval(reminder);
    outage.since = undefined;
    connected = true;
    tell(statusListeners, "reconnected");
  };

  const onError = (status: Status) => {
    const denial = denialIn(status);
    if (denial === undefined) {
      log.warn({ error: status.data }, "the broker reports an error");
    } else {
      log.error(denial, `the broker denies us a ${denial.operation}: ${denial.subject}`);
      tell(deniedListeners, denial);
    }
  };

  const watch = async () => {
    for await (const status of nats.status()) {
      if (status.type === Events.Disconnect) onLost();
      else if (status.type === Events.Reconnect) onBack();
      else if (status.type === Events.Error) onError(status);
      else if (status.type === Events.LDM) log.info({}, `the broker at ${url} is about to shut down`);
    }
  };
  void watch();
  void nats.closed().then((error) => {
    if (!closing) log.error({ err: error }, "the connection to the broker has ended for good");
    closing = true;
    onLost();
    clearInterval(reminder);
  });

  const settled = async (signal?: AbortSignal) => {
    for (;;) {
      try {
        await abortable(nats.flush(), signal);
        return await nextTurn(); // denials that came before the broker's answer are told within this one
      } catch {
        if (signal?.aborted) throw cancelled("the broker", signal.reason);
        if (nats.isClosed()) throw notConnected("nothing");
        // nats.js fails it at every try to reconnect. It subscribes again on its own: only this has to be repeated.
      }
    }
  };

  return {
    settled,
    nats,
    url,
    get connected() {
      return connected;
    },
    onStatus: (listener) => register(statusListeners, listener),
    onDenied: (listener) => register(deniedListeners, listener),
    async close() {
      closing = true;
      await nats.close();
    },
  };
}

function register<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function denialIn({ permissionContext }: Status): Denial | undefined {
  if (permissionContext === undefined) return undefined;
  const operation = permissionContext.operation === "publish" ? "publish" : "subscription";
  return { operation, subject: permissionContext.subject };
}
