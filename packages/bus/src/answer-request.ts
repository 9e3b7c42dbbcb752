import { asBusbarError, BusbarError, componentOf, headers, milliseconds } from "@busbar/contracts";
import type { Msg } from "nats";
import type { BusLog } from "./bus-log.ts";
import type { AnswerCode, EndpointCounter } from "./endpoint-figures.ts";
import { errorReply } from "./error-reply.ts";
import { encodeHeaders } from "./exchange.ts";
import { readRequestHeaders } from "./request-headers.ts";
import type { Answer, RequestContext, Served } from "./served.ts";

/** Told once per request, after its answer was handed to the connection. */
export type RequestObserver = (endpoint: string, code: AnswerCode, ms: number) => void;

export interface AnsweringOptions {
  readonly served: Served;
  readonly counter: EndpointCounter;
  readonly log: BusLog;
  readonly signal: AbortSignal;
  readonly observe: RequestObserver | undefined;
}

/**
 * Carries one message through a handler to its answer. Never throws and never rejects: nats.js would stop reading
 * from the broker, or leave the caller to its timeout. Runs the handler in the same turn, so that one commit can
 * cover all requests of a turn (DESIGN §5).
 */
export function answerRequest(message: Msg, options: AnsweringOptions): void | Promise<void> {
  const { served, counter, log } = options;
  const receivedAt = milliseconds(performance.now());
  counter.begin();

  const finish = (code: AnswerCode) => {
    const ms = performance.now() - receivedAt;
    counter.end(code, ms);
    try {
      options.observe?.(served.name, code, ms);
    } catch (err) {
      log.error({ err }, "an observer of requests threw");
    }
  };

  const succeed = (answer: Answer<Uint8Array>) => {
    const failure = sendAnswer(message, answer);
    if (failure === undefined) finish("OK");
    else fail(failure);
  };

  const fail = (thrown: unknown) => {
    const error = asBusbarError(thrown);
    if (error.code === "INTERNAL") log.error({ err: thrown, subject: message.subject }, `${served.name} failed`);
    else
      log.debug(
        { code: error.code, subject: message.subject, reason: error.reason },
        `${served.name} refused: ${error.message}`,
      );
    sendError(message, error, log);
    finish(error.code);
  };

  try {
    const answer = served.handle(message.data, contextOf(message, receivedAt, options.signal));
    if (answer instanceof Promise) return answer.then(succeed).catch(fail);
    succeed(answer);
  } catch (thrown) {
    fail(thrown);
  }
}

function contextOf(message: Msg, receivedAt: RequestContext["receivedAt"], signal: AbortSignal): RequestContext {
  const { subject } = message;
  return {
    ...readRequestHeaders(sentHeaders(message)),
    subject,
    receivedAt,
    signal,
    component: () => componentOf(subject),
  };
}

function sentHeaders(message: Msg): Msg["headers"] {
  try {
    return message.headers;
  } catch (cause) {
    throw new BusbarError("INVALID_ARGUMENT", "the headers can't be read", {
      cause,
      remedy: "send well-formed NATS headers",
    });
  }
}

/** @returns why the answer could not be sent */
function sendAnswer(
  message: Msg,
  { message: data, outcome, operationId }: Answer<Uint8Array>,
): BusbarError | undefined {
  const lines = encodeHeaders({ [headers.outcome]: outcome, [headers.operationId]: operationId });
  try {
    if (mayBeAnswered(message)) message.respond(data, lines && { headers: lines });
    return undefined;
  } catch (cause) {
    return new BusbarError("INTERNAL", `an answer of ${data.length} bytes could not be sent`, {
      cause,
      remedy: "ask for less",
    });
  }
}

function sendError(message: Msg, error: BusbarError, log: BusLog): void {
  if (!mayBeAnswered(message)) {
    log.warn(
      { code: error.code, subject: message.subject, message: error.message },
      "a request that nobody waits for was refused",
    );
    return;
  }
  try {
    const reply = errorReply(error);
    const lines = encodeHeaders(reply.headers);
    message.respond(reply.data, lines && { headers: lines });
  } catch (err) {
    log.error({ err, subject: message.subject }, "an error could not be answered");
  }
}

/**
 * Our own namespaces are no place for an answer: we may publish there and the asker may not, so that a reply subject
 * of `statemgr.event.…` would make us forge an event on the asker's behalf.
 */
const ours = /^(?:powermgr|statemgr|gateway|pcs|shelfmgr|\$JS|\$SYS|\$SRV|\$KV)\./;

const mayBeAnswered = ({ reply }: Msg): boolean => reply !== undefined && reply !== "" && !ours.test(reply);
