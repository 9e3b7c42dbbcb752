import { busbar, componentOf, decodeActionRequest, decodeStateChange, schema } from "@busbar/contracts";
import type { NatsFrame } from "./nats-frames.ts";

/** A frame for people: subject, headers and what the payload says. */
export function natsText({ verb, args, subject, reply, headers, payload }: NatsFrame): string {
  if (subject === undefined) return [verb, ...args].join(" ").slice(0, 200);
  const shown = [verb, subject];
  if (reply !== undefined) shown.push(`reply ${reply}`);
  const lines = headers.split("\r\n").filter((line) => line !== "" && line !== "NATS/1.0");
  if (lines.length > 0) shown.push(`{${lines.join(", ")}}`);
  return [...shown, payloadText(subject, payload)].join(" ");
}

type Decode = (subject: string, payload: Buffer) => unknown;

const decoders: readonly (readonly [pattern: RegExp, decode: Decode])[] = [
  [/^statemgr\.event\..*\.transition$/, (subject, payload) => decodeStateChange(componentOf(subject), payload)],
  [/\.power\.result$/, (_, payload) => schema.v1alpha1.PowerOperationResult.decode(payload)],
  [/^powermgr\.event\..*\.powergood$/, (_, payload) => busbar.v1.PowerGoodEvent.decode(payload)],
  [/^powermgr\.operations\.get$/, (_, payload) => busbar.v1.GetOperationRequest.decode(payload)],
  [/^(power|state)mgr\..*\.action$/, (subject, payload) => decodeActionRequest(componentOf(subject), payload)],
];

function payloadText(subject: string, payload: Buffer): string {
  if (payload.length === 0) return "";
  if (payload[0] === 0x7b) return payload.toString("utf8").slice(0, 400);
  const decode = decoders.find(([pattern]) => pattern.test(subject))?.[1];
  try {
    if (decode !== undefined) return JSON.stringify(decode(subject, payload), withoutNoise);
  } catch {
    // shown as it is
  }
  return payload.toString("hex").slice(0, 200);
}

/** protobufjs gives what is absent, too. */
const withoutNoise = (_: string, value: unknown): unknown =>
  value === "" || value === null || value === 0 ? undefined : typeof value === "bigint" ? String(value) : value;
