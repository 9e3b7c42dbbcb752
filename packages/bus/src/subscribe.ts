import type { Msg, NatsError } from "nats";
import { subscribeDenied } from "./bus-failure.ts";
import type { BusLog } from "./bus-log.ts";
import type { Connection } from "./connection.ts";
import { firstValue } from "./reply.ts";
import { requireSubjectPattern } from "./subject.ts";

export interface Delivery {
  readonly subject: string;
  readonly data: Uint8Array;
  header(name: string): string | undefined;
}

export type DeliveryHandler = (delivery: Delivery) => void | Promise<void>;

export interface Subscription {
  readonly subject: string;
  /** How often the handler threw. */
  readonly failures: number;
  unsubscribe(): void;
}

/**
 * Listens at most once per message, as long as the connection lives: what is sent during an outage is lost.
 * Resolves when the broker has the subscription, so that what is sent afterwards arrives.
 * What the handler throws is logged and counted; thrown into nats.js it would end the reading from the broker.
 * @throws BusbarError PERMISSION_DENIED, INVALID_ARGUMENT, ABORTED by the signal
 */
export async function subscribe(
  connection: Connection,
  log: BusLog,
  subject: string,
  handler: DeliveryHandler,
  signal?: AbortSignal,
): Promise<Subscription> {
  requireSubjectPattern(subject);
  let failures = 0;
  let denied = false;

  const onFailure = (err: unknown) => {
    failures += 1;
    log.error({ err, failures }, `the handler of ${subject} threw`);
  };

  const onMessage = (error: NatsError | null, message: Msg) => {
    if (error !== null) {
      denied = true;
      return;
    }
    try {
      const header = (name: string) => firstValue(message.headers, name);
      const work = handler({ subject: message.subject, data: message.data, header });
      if (work instanceof Promise) work.catch(onFailure);
    } catch (thrown) {
      onFailure(thrown);
    }
  };

  const listen = () => connection.nats.subscribe(subject, { callback: onMessage });
  let live = listen();
  try {
    await connection.settled(signal);
    if (denied) throw subscribeDenied(subject);
  } catch (error) {
    live.unsubscribe();
    throw error;
  }
  const forget = connection.onStatus((status) => {
    if (status !== "reconnected" || !denied) return;
    denied = false; // permissions may have been mended
    live = listen();
  });
  return {
    subject,
    get failures() {
      return failures;
    },
    unsubscribe() {
      forget();
      live.unsubscribe();
    },
  };
}
