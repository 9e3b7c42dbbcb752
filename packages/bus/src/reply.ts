import { Match, type Msg, type MsgHdrs } from "nats";

/** What came back: bytes and headers. */
export interface Reply {
  readonly data: Uint8Array;
  /** The header's first value, in any capitalisation (Go peers write them their way). */
  header(name: string): string | undefined;
}

const statusNoResponders = 503;

/** The broker's own answer when nobody listens. */
export const isNoResponders = (message: Msg): boolean =>
  message.data.length === 0 && message.headers?.code === statusNoResponders;

/** @throws what nats.js throws for headers that can't be parsed: they are parsed on first use. */
export function replyOf(message: Msg): Reply {
  const { headers } = message;
  return { data: message.data, header: (name) => firstValue(headers, name) };
}

export function firstValue(headers: MsgHdrs | undefined, name: string): string | undefined {
  const value = headers?.get(name, Match.IgnoreCase);
  return value === "" ? undefined : value;
}
