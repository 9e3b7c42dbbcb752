import { setTimeout as sleep } from "node:timers/promises";
import { BusbarError, milliseconds } from "@busbar/contracts";
import { type ConnectionOptions, connect, type NatsConnection } from "nats";
import { abortable } from "./abortable.ts";
import { type BrokerUrl, type Credentials, parseBrokerUrl } from "./broker-url.ts";
import type { BusLog } from "./bus-log.ts";
import { type Connection, type Outage, reminderMs, watchConnection } from "./connection.ts";
import { retryWaits } from "./retry-schedule.ts";

export interface ConnectOptions {
  /** nats://host:port or tls://host:port; a user part is taken as credentials. */
  readonly url: string;
  /** Shown by the broker's monitoring. */
  readonly name: string;
  readonly log: BusLog;
  /** Wins over the URL's. */
  readonly credentials?: Credentials;
  /** First token of reply subjects, for brokers that allow each user only its own. Default _INBOX. */
  readonly inboxPrefix?: string;
  /** Ends the waiting for the broker. */
  readonly signal?: AbortSignal;
}

const firstConnect = { first: milliseconds(100), cap: milliseconds(2_000) };
/** One try to connect, TLS included. */
const dialMs = 5_000;
/** A broker that hangs (one that dies is told by the socket) is noticed after three of these. */
const pingMs = 10_000;

/**
 * Waits for the broker as long as it takes, then keeps the connection for ever.
 * @throws BusbarError ABORTED by the signal, INVALID_ARGUMENT for a bad URL.
 */
export async function openConnection(options: ConnectOptions): Promise<Connection> {
  const url = parseBrokerUrl(options.url);
  const { log, signal } = options;
  const outage: Outage = { since: undefined };
  const started = performance.now();
  let nextReminder = 0;
  for (const wait of retryWaits(firstConnect)) {
    if (signal?.aborted) break;
    try {
      const nats = await dial(natsOptions(url, options, outage), signal);
      log.info({ server: nats.info?.version }, `connected to the broker at ${url.shown}`);
      return watchConnection(nats, url.shown, log, outage);
    } catch (cause) {
      const waitedMs = Math.round(performance.now() - started);
      if (waitedMs >= nextReminder && !signal?.aborted) {
        log.warn({ waitedMs, cause: textOf(cause) }, `waiting for the broker at ${url.shown}`);
        nextReminder = waitedMs + reminderMs;
      }
    }
    await sleep(wait, undefined, signal && { signal }).catch(() => {}); // aborted: the loop's head sees it
  }
  throw new BusbarError("ABORTED", `gave up waiting for the broker at ${url.shown}`, { cause: signal?.reason });
}

/** nats.js can't be told to stop dialling, so a connection that comes after the abort is closed. */
async function dial(options: ConnectionOptions, signal: AbortSignal | undefined): Promise<NatsConnection> {
  const dialled = connect(options);
  try {
    return await abortable(dialled, signal);
  } catch (error) {
    dialled.then(
      (late) => late.close(),
      () => {},
    );
    throw error;
  }
}

function natsOptions(url: BrokerUrl, options: ConnectOptions, outage: Outage): ConnectionOptions {
  const credentials = options.credentials ?? url.credentials;
  return {
    servers: [url.server],
    name: options.name,
    ...(url.tls && { tls: {} }),
    ...(credentials && ("token" in credentials ? credentials : { user: credentials.user, pass: credentials.password })),
    ...(options.inboxPrefix !== undefined && { inboxPrefix: options.inboxPrefix }),
    timeout: dialMs,
    pingInterval: pingMs,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: () => reconnectDelay(outage),
    // Credentials may be mended in the broker's configuration while we run.
    ignoreAuthErrorAbort: true,
    // nats.js would ask DNS servers directly, past /etc/hosts; a BMC may have neither.
    resolve: false,
    // Only the broker we were told of: gossip could name an address of another network.
    ignoreClusterUpdates: true,
    noAsyncTraces: true,
  };
}

/** Half of the outage so far, scattered: short while it is young, 2 s at most. */
function reconnectDelay({ since }: Outage): number {
  const lasted = since === undefined ? 0 : performance.now() - since;
  return Math.min(Math.max(lasted / 2, 50), 2_000) * (1 - Math.random() / 4);
}

const textOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
