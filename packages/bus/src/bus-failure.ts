import { BusbarError } from "@busbar/contracts";

/**
 * `reason` of the errors that arise on the way to a peer. They come in two sorts, and the code tells which:
 * UNAVAILABLE: nobody has seen the request; it may be sent again. DEADLINE_EXCEEDED: somebody may have seen it and
 * acted; ask what became of it before sending it again.
 */
export const busReasons = {
  /** UNAVAILABLE */
  notConnected: "not-connected",
  /** UNAVAILABLE */
  noResponders: "no-responders",
  /** DEADLINE_EXCEEDED: the connection broke between request and answer. */
  connectionLost: "connection-lost",
  /** DEADLINE_EXCEEDED: nothing came in time. */
  noAnswer: "no-answer",
} as const;

export const notConnected = (subject: string): BusbarError =>
  new BusbarError("UNAVAILABLE", `not connected to the broker; ${subject} was not sent`, {
    reason: busReasons.notConnected,
    remedy: "send it again when the broker is back",
  });

export const noResponders = (subject: string): BusbarError =>
  new BusbarError("UNAVAILABLE", `nobody serves ${subject}`, {
    reason: busReasons.noResponders,
    remedy: "start the service, or look at its log",
  });

export const connectionLost = (subject: string): BusbarError =>
  new BusbarError("DEADLINE_EXCEEDED", `the connection to the broker broke before ${subject} was answered`, {
    reason: busReasons.connectionLost,
    remedy: "ask what became of it before sending it again",
  });

export const noAnswer = (subject: string, timeout: number): BusbarError =>
  new BusbarError("DEADLINE_EXCEEDED", `${subject} was not answered within ${timeout} ms`, {
    reason: busReasons.noAnswer,
    remedy: "ask what became of it before sending it again",
  });

export const publishDenied = (subject: string): BusbarError =>
  new BusbarError("PERMISSION_DENIED", `the broker does not let us publish ${subject}`, {
    remedy: "give this user the publish permission in the broker's configuration",
  });

export const subscribeDenied = (subject: string): BusbarError =>
  new BusbarError("PERMISSION_DENIED", `the broker does not let us subscribe to ${subject}`, {
    remedy: "give this user the subscribe permission in the broker's configuration",
  });

export const cancelled = (subject: string, cause: unknown): BusbarError =>
  new BusbarError("ABORTED", `the caller gave up waiting for ${subject}`, { cause });
