import { BusbarError, type Milliseconds } from "@busbar/contracts";
import {
  createInbox,
  type Msg,
  type MsgHdrs,
  NatsError,
  ErrorCode as NatsErrorCode,
  headers as natsHeaders,
  nuid,
  type Subscription,
} from "nats";
import {
  cancelled,
  connectionLost,
  noAnswer,
  noResponders,
  notConnected,
  publishDenied,
  subscribeDenied,
} from "./bus-failure.ts";
import type { BusLog } from "./bus-log.ts";
import type { Connection } from "./connection.ts";
import { isNoResponders, type Reply, replyOf } from "./reply.ts";
import { requireConcreteSubject } from "./subject.ts";

export interface ExchangeOptions {
  readonly timeout: Milliseconds;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  /** Tells which of the replies is the answer; others are passed over. By default the first is. */
  readonly accept?: (reply: Reply) => boolean;
}

/** Bytes out, bytes back: what requests, JetStream and discovery stand on. */
export type Exchange = (subject: string, data: Uint8Array, options: ExchangeOptions) => Promise<Reply>;

interface Pending {
  readonly subject: string;
  readonly accept: ((reply: Reply) => boolean) | undefined;
  readonly settle: (outcome: Reply | BusbarError) => void;
}

/**
 * Request and reply over one inbox subscription. nats.js has its own, which this replaces because there
 * a reply with a malformed header throws inside the reader of the connection and silences it for good,
 * a subscriber that answers a JetStream publish counts as its acknowledgement,
 * and a request that is sent while disconnected waits for its timeout.
 */
export function openExchange(connection: Connection, log: BusLog, inboxPrefix?: string): Exchange {
  const { nats } = connection;
  const inbox = createInbox(inboxPrefix);
  const pending = new Map<string, Pending>();
  let inboxDenied = false;

  const onReply = (error: NatsError | null, message: Msg) => {
    if (error !== null) return onInboxDenied();
    const token = message.subject.slice(inbox.length + 1);
    const request = pending.get(token);
    if (request === undefined) return; // too late, or nobody's
    try {
      if (isNoResponders(message)) return request.settle(noResponders(request.subject));
      const reply = replyOf(message);
      if (request.accept?.(reply) ?? true) request.settle(reply);
    } catch (cause) {
      log.warn({ err: cause, subject: request.subject }, "an answer could not be read");
      if (request.accept === undefined) {
        request.settle(new BusbarError("INTERNAL", `the answer to ${request.subject} could not be read`, { cause }));
      }
    }
  };

  const failAll = (error: (subject: string) => BusbarError, which: (request: Pending) => boolean = () => true) => {
    for (const request of [...pending.values()]) if (which(request)) request.settle(error(request.subject));
  };

  const onInboxDenied = () => {
    inboxDenied = true;
    failAll(() => subscribeDenied(`${inbox}.*`));
  };

  const listen = (): Subscription => {
    inboxDenied = false;
    return nats.subscribe(`${inbox}.*`, { callback: onReply });
  };

  listen();
  connection.onStatus((status) => {
    if (status === "disconnected") failAll(connectionLost);
    else if (inboxDenied) listen(); // permissions may have been mended
  });
  connection.onDenied(({ operation, subject }) => {
    if (operation === "publish") failAll(publishDenied, (request) => request.subject === subject);
  });

  return (subject, data, { timeout, headers, signal, accept }) =>
    new Promise<Reply>((resolve, reject) => {
      requireConcreteSubject(subject);
      if (!connection.connected) return reject(notConnected(subject));
      if (inboxDenied) return reject(subscribeDenied(`${inbox}.*`));
      if (signal?.aborted) return reject(cancelled(subject, signal.reason));
      const token = nuid.next();
      const onAbort = () => settle(cancelled(subject, signal?.reason));
      const timer = setTimeout(() => settle(noAnswer(subject, timeout)), timeout);
      const settle = (outcome: Reply | BusbarError) => {
        pending.delete(token);
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        if (outcome instanceof BusbarError) reject(outcome);
        else resolve(outcome);
      };
      pending.set(token, { subject, accept, settle });
      signal?.addEventListener("abort", onAbort);
      try {
        const encoded = encodeHeaders(headers);
        nats.publish(subject, data, { reply: `${inbox}.${token}`, ...(encoded && { headers: encoded }) });
      } catch (error) {
        settle(unsendable(subject, data, error));
      }
    });
}

export function encodeHeaders(values: Readonly<Record<string, string | undefined>> | undefined): MsgHdrs | undefined {
  let encoded: MsgHdrs | undefined;
  for (const [name, value] of Object.entries(values ?? {})) {
    if (value === undefined) continue;
    encoded ??= natsHeaders();
    encoded.set(name, value);
  }
  return encoded;
}

function unsendable(subject: string, data: Uint8Array, cause: unknown): BusbarError {
  const code = cause instanceof NatsError ? cause.code : undefined;
  if (code === NatsErrorCode.ConnectionClosed || code === NatsErrorCode.ConnectionDraining)
    return notConnected(subject);
  if (code === NatsErrorCode.MaxPayloadExceeded) {
    return new BusbarError("INVALID_ARGUMENT", `${data.length} bytes are more than the broker carries`, {
      cause,
      remedy: "send less, or raise max_payload of the broker",
    });
  }
  const text = cause instanceof Error ? cause.message : String(cause);
  return new BusbarError("INVALID_ARGUMENT", `${subject} can't be sent: ${text}`, {
    cause,
    remedy: "mend subject or header",
  });
}
