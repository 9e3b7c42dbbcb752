import { createHash } from "node:crypto";
import { type Answer, type RequestContext, type Served, served } from "@busbar/bus";
import {
  type Action,
  asBusbarError,
  BusbarError,
  type ComponentName,
  decodeActionRequest,
  decodeError,
  encodeActionResponse,
  endpoints,
  isOffVerb,
  type Milliseconds,
  milliseconds,
  type Status,
  type Verb,
  verbOf,
} from "@busbar/contracts";
import type { Clock, Tracer } from "@busbar/daemon";
import { operationTime, type Platform } from "@busbar/platform";
import type { Ledger, Taken } from "../operations/ledger.ts";
import type { Companions } from "../operations/power-link.ts";
import type { Pursuit } from "../operations/pursuit.ts";
import type { CommitQueue } from "../store/commit-queue.ts";
import type { RequestRow, Tables } from "../store/tables.ts";

export interface ActionOptions {
  readonly platform: Platform;
  readonly tables: Tables;
  readonly commits: CommitQueue;
  readonly ledger: Ledger;
  readonly pursuit: Pursuit;
  readonly clock: Clock;
  readonly tracer: Tracer;
  /** Request ids kept at most; when they are that many, new ones are refused, except for an off. */
  readonly requestLimit: number;
}

/** Ids are answered the same for this long, and never shorter than an hour past the operation's deadline. */
const keepRequestMs = 24 * 3_600_000;
const keepPastDeadlineMs = 3_600_000;

/** `statemgr.<component>.action` */
export function actionEndpoints(options: ActionOptions): Served[] {
  const inFlight = new Map<string, Promise<Answer<Uint8Array>>>();
  return endpoints.statemgrActions.map((endpoint) =>
    served(endpoint, (body, context) => {
      const { component, action, verb } = readRequest(body, context, options.platform);
      const key = `${context.actor ?? ""} ${context.subject} ${context.requestId}`;
      const work = () => traced({ component, action, verb, body, context }, options);
      if (context.requestId === undefined) return work();
      // A duplicate in flight waits for the first one; the stored answer then tells it the same.
      const ahead = inFlight.get(key);
      if (ahead) return ahead.then(work, work);
      const answer = work().finally(() => inFlight.delete(key));
      inFlight.set(key, answer);
      return answer;
    }),
  );
}

interface Received {
  readonly component: ComponentName;
  readonly action: Action;
  readonly verb: Verb;
  readonly body: Uint8Array;
  readonly context: RequestContext;
  /** Of the span that this request is. */
  readonly traceparent?: string | undefined;
}

function readRequest(
  body: Uint8Array,
  context: RequestContext,
  platform: Platform,
): Pick<Received, "component" | "action" | "verb"> {
  const component = context.component();
  if (!platform.domains.has(component)) {
    throw new BusbarError("NOT_FOUND", `the platform has no ${component}`, {
      component,
      remedy: `it has ${[...platform.domains.keys()].join(", ")}`,
    });
  }
  const action = decodeActionRequest(component, body);
  const verb = verbOf(action);
  if (verb === undefined) {
    throw new BusbarError("FAILED_PRECONDITION", `${action} is not supported on this platform`, {
      component,
      reason: "unsupported-action",
      remedy: "use an action that the platform supports",
    });
  }
  return { component, action, verb };
}

/** One span per request; what the request brings about belongs to it. */
async function traced(received: Received, options: ActionOptions): Promise<Answer<Uint8Array>> {
  const { component, action, context } = received;
  const span = options.tracer.start(`${action} ${component}`, {
    parent: context.traceparent,
    kind: "server",
    attributes: {
      "busbar.component": component,
      "busbar.action": action,
      "busbar.request_id": context.requestId,
      "busbar.actor": context.actor,
    },
  });
  try {
    const reply = await carryOut({ ...received, traceparent: span.traceparent }, options);
    span.end({ attributes: { "busbar.outcome": reply.outcome, "busbar.operation_id": reply.operationId } });
    return reply;
  } catch (error) {
    const { code, message, operationId } = asBusbarError(error);
    span.end({ attributes: { "busbar.outcome": code, "busbar.operation_id": operationId }, error: message });
    throw error;
  }
}

async function carryOut(received: Received, options: ActionOptions): Promise<Answer<Uint8Array>> {
  const { component, context } = received;
  const { commits, tables, pursuit } = options;
  const digest = createHash("sha256").update(received.body).digest("hex");
  const decided = await commits.commit(() => answered(received, digest, options) ?? take(received, digest, options));
  if ("stored" in decided) return replay(component, decided.stored);
  const { taken } = decided;
  if (taken.operationId !== undefined) {
    const operation = taken.isNew ? tables.operation(taken.operationId) : undefined;
    // Whoever joins one that is being handed over gets the same answer.
    const submission = await (operation
      ? pursuit.begin(operation, companionsOf(context))
      : pursuit.beginning(taken.operationId));
    if (submission?.kind === "refused") throw submission.error;
  }
  return answer(component, taken.status, taken.outcome, taken.operationId);

  function replay(name: ComponentName, stored: RequestRow): Answer<Uint8Array> {
    if (stored.error !== null)
      throw (
        decodeError(stored.error) ??
        new BusbarError("INTERNAL", `the stored answer to ${context.requestId} is unreadable`)
      );
    return answer(name, stored.status, stored.outcome, stored.operation_id ?? undefined);
  }
}

const companionsOf = ({ override }: RequestContext): Companions => ({
  ...(override !== undefined && { override }),
});

const answer = (
  component: ComponentName,
  status: Status,
  outcome: Taken["outcome"],
  operationId: string | undefined,
): Answer<Uint8Array> => ({
  message: encodeActionResponse(component, status),
  outcome,
  ...(operationId !== undefined && { operationId }),
});

/** @throws BusbarError CONFLICT when the id was used for something else */
function answered(
  { context, component }: Received,
  digest: string,
  { tables }: ActionOptions,
): { stored: RequestRow } | undefined {
  if (context.requestId === undefined) return undefined;
  const stored = tables.request(context.actor ?? "", context.subject, context.requestId);
  if (stored === undefined) return undefined;
  if (stored.digest === digest) return { stored };
  throw new BusbarError("CONFLICT", `request id ${context.requestId} was used for another request`, {
    component,
    reason: "request-id-reused",
    remedy: "use a new id for a new request",
  });
}

function take(
  { component, action, verb, context, traceparent }: Received,
  digest: string,
  options: ActionOptions,
): { taken: Taken } {
  const { ledger, tables, clock, platform } = options;
  const hasRoom = context.requestId === undefined || (tables.countRequests()?.count ?? 0) < options.requestLimit;
  if (!hasRoom && !isOffVerb(verb)) {
    throw new BusbarError("RESOURCE_EXHAUSTED", `${options.requestLimit} request ids are being kept`, {
      component,
      reason: "request-table-full",
      remedy: "send it without an id, or when older ids have expired",
    });
  }
  const timeout = bounded(operationTime(platform, component, verb), verb, context.timeout);
  const taken = ledger.request({
    component,
    action,
    verb,
    actor: context.actor ?? "",
    requestId: context.requestId,
    traceparent,
    timeout,
  });
  if (context.requestId !== undefined && hasRoom) {
    tables.addRequest({
      actor: context.actor ?? "",
      subject: context.subject,
      request_id: context.requestId,
      digest,
      outcome: taken.outcome,
      status: taken.status,
      operation_id: taken.operationId ?? null,
      error: null,
      expires_at: clock.now() + Math.max(keepRequestMs, timeout + keepPastDeadlineMs),
    });
  }
  return { taken };
}

/** A caller may give an operation less time than usual, but not an off: what is left half off helps nobody. */
const bounded = (usual: Milliseconds, verb: Verb, asked: Milliseconds | undefined): Milliseconds =>
  asked === undefined || isOffVerb(verb) ? usual : milliseconds(Math.min(usual, asked));
