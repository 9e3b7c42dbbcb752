/**
 * The board's wire protocol: newline-delimited JSON over a unix socket. A client opens with `hello`, then sends
 * requests `{id, op, ...params}` and gets exactly one reply each, in the order of the requests:
 * `{reply: id, result}` or `{reply: id, error}` (`reply: null` if the id could not be read). Events
 * `{event, ...}` are pushed between replies. Levels on lines that a client holds are logical (1 = active, in the
 * polarity that this client asked for); levels of the plant are wire levels.
 */
import type { LineRequest } from "../gpio.ts";
import { effect, fault, faultKind, hazard, journalEntry, osState, powerState, wireLevel } from "./journal-entry.ts";
import {
  component,
  count,
  type Decoded,
  type Decoder,
  duration,
  errorCode,
  fields,
  flag,
  instant,
  keyOf,
  list,
  malformed,
  name,
  object,
  oneOf,
  optional,
  type Shape,
  type Shaped,
  text,
  union,
} from "./shape.ts";

/** Raised whenever a frame changes: board and client refuse each other instead of misunderstanding. */
export const protocolVersion = 1;

const none: Shape = {};
const done = object({});
const level = oneOf(0, 1);
const polarity = oneOf("high", "low");

const direction = oneOf("input", "output");
const inputRequest = object({
  direction: oneOf("input"),
  active: polarity,
  bias: optional(oneOf("pull-up", "pull-down", "disabled")),
  debounce: optional(duration),
});
const outputRequest = object({
  direction: oneOf("output"),
  output: oneOf("momentary", "latched"),
  active: polarity,
  drive: optional(oneOf("push-pull", "open-drain", "open-source")),
});
const lineRequest: Decoder<LineRequest> = (value, at) =>
  direction(fields(value, at).get("direction"), `${at}.direction`) === "input"
    ? inputRequest(value, at)
    : outputRequest(value, at);

export const lineRole = oneOf("button", "rail-enable", "sense");

const snapshot = object({
  board: name,
  at: instant,
  /** Number of the newest journal entry that the snapshot includes. */
  seq: count,
  mains: oneOf("good", "lost"),
  standby: oneOf("good", "lost"),
  latch: flag,
  hosts: list(object({ component, chassis: component, power: powerState, os: osState, boots: count, resets: count })),
  /** `rails`: the enable has taken effect, so that hosts can be switched on. */
  chassis: list(object({ component, power: powerState, rails: flag })),
  bmcs: list(object({ component, resets: count })),
  lines: list(object({ line: name, role: lineRole, wire: wireLevel, asserted: flag, holder: optional(name) })),
});
export type BoardSnapshot = Decoded<typeof snapshot>;

const journalPage = object({
  entries: list(journalEntry),
  /** Number of the newest entry there is; ask again after the last entry of this page until you have it. */
  last: count,
});
export type JournalPage = Decoded<typeof journalPage>;

const hazardReport = object({
  hazards: list(hazard),
  /** Acts that no intent has explained yet, as the hazards they would be. */
  pending: list(hazard),
  /** How many of both were left out to keep the frame small. */
  omitted: count,
});
export type HazardReport = Decoded<typeof hazardReport>;

const operations = {
  hello: { params: { client: name, version: count }, result: object({ board: name, version: count }) },

  "line.request": { params: { line: name, request: lineRequest }, result: done },
  "line.get": { params: { line: name }, result: object({ level }) },
  "line.set": { params: { line: name, level }, result: done },
  "line.release": { params: { line: name }, result: done },

  state: { params: none, result: snapshot },
  journal: { params: { after: count }, result: journalPage },
  /** Pushes `journal` events, old entries first, marked with the number that the client chose. */
  "journal.follow": { params: { after: count, subscription: count }, result: done },
  "journal.unfollow": { params: { subscription: count }, result: done },
  /** `final`: no more intents will come, so what is pending becomes a hazard. */
  hazards: { params: { final: flag }, result: hazardReport },
  intent: { params: { operation: name, component, effect }, result: done },
  "intent.over": { params: { operation: name }, result: done },
  latch: { params: { on: flag }, result: done },
  "fault.set": { params: { fault }, result: done },
  /** Without `target` every fault of the kind, without both every fault there is. */
  "fault.clear": { params: { kind: optional(faultKind), target: optional(name) }, result: object({ cleared: count }) },
  "fault.list": { params: none, result: object({ faults: list(fault) }) },
  /** A human presses a button at the front panel. */
  button: { params: { line: name, duration }, result: done },
  /** `standby: lost` takes the BMC's own supply too: outputs fall back to idle, held lines are lost. */
  mains: { params: { state: oneOf("good", "lost"), standby: oneOf("good", "lost") }, result: done },
  /** Drives every button line inactive, whoever held it: what the unit's ExecStopPost does after a kill. */
  "release-momentary": { params: none, result: object({ released: list(name) }) },
  shutdown: { params: none, result: done },
} as const satisfies Record<string, { params: Shape; result: Decoder<unknown> }>;

type Operations = typeof operations;
export type Operation = keyof Operations;
export type Params = { readonly [O in Operation]: Shaped<Operations[O]["params"]> };
export type Results = { readonly [O in Operation]: Decoded<Operations[O]["result"]> };
export type Requests = { readonly [O in Operation]: { readonly id: number; readonly op: O } & Params[O] };
export type BoardRequest = Requests[Operation];

const requestDecoders = new Map(
  Object.entries(operations).map(([op, { params }]) => [op, object({ id: count, op: oneOf(op), ...params })]),
);
const operation = keyOf(operations);

/** @throws BusbarError INVALID_ARGUMENT for anything that is not exactly a request. */
export function decodeRequest(frame: unknown): BoardRequest {
  const op = operation(fields(frame, "").get("op"), "op");
  const decoder = requestDecoders.get(op);
  if (decoder === undefined) throw malformed("op", "is not known");
  // The map pairs each op with its own shape; its type can't say so.
  return decoder(frame, "") as unknown as BoardRequest;
}

/** The id of a frame that may be no valid request, so that even its refusal finds the one who waits for it. */
export function idOf(frame: unknown): number | null {
  if (typeof frame !== "object" || frame === null || !("id" in frame)) return null;
  return typeof frame.id === "number" && Number.isSafeInteger(frame.id) && frame.id >= 0 ? frame.id : null;
}

const wireErrorShape = {
  code: errorCode,
  message: text,
  component: optional(text),
  reason: optional(text),
  remedy: optional(text),
} as const;
const wireError = object(wireErrorShape);
export type WireError = Decoded<typeof wireError>;

export type BoardReply =
  | { readonly reply: number | null; readonly error: WireError }
  | { readonly reply: number; readonly result: unknown };

const boardEvent = union("event", {
  /** `level` is logical; `sequence` counts this line's reported edges from 1 since it was requested. */
  edge: { line: name, level, at: instant, sequence: count },
  lost: { line: name, reason: text },
  journal: { subscription: count, entry: journalEntry },
});
export type BoardEvent = Decoded<typeof boardEvent>;

/** What a board sends. The result of a reply is decoded by whoever knows the request: `decodeResult`. */
export function decodeAnswer(frame: unknown): BoardReply | BoardEvent {
  const given = fields(frame, "");
  if (given.has("event")) return boardEvent(frame, "");
  const id = given.get("reply");
  const reply = id === null ? null : count(id, "reply");
  if (given.has("error")) return { reply, error: wireError(given.get("error"), "error") };
  if (reply === null || !given.has("result")) throw malformed("", "is neither reply nor event");
  return { reply, result: given.get("result") };
}

export function decodeResult<O extends Operation>(op: O, result: unknown): Results[O] {
  // As above: indexing the table by O pairs op and shape, which inference can't follow.
  return operations[op].result(result, "result") as Results[O];
}
