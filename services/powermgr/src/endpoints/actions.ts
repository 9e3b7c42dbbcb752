import { randomUUID } from "node:crypto";
import { type Answer, type RequestContext, type Served, served } from "@busbar/bus";
import {
  type Action,
  asBusbarError,
  BusbarError,
  type ComponentName,
  decodeActionRequest,
  encodeActionResponse,
  endpoints,
  isOffVerb,
  kindOf,
  type Milliseconds,
  milliseconds,
  type Status,
  statusRoles,
  type Verb,
  verbOf,
} from "@busbar/contracts";
import { operationTime, type Platform } from "@busbar/platform";
import type { PowerEngine } from "../operations/engine.ts";
import { isFinal, type Operation } from "../operations/operation.ts";
import type { ForwardAction } from "./forward.ts";

export interface ActionOptions {
  readonly engine: PowerEngine;
  readonly platform: Platform;
  /** One door: what carries no operation id did not come from statemgr and goes there first (DESIGN §3). */
  readonly forward: ForwardAction;
}

/** `powermgr.<component>.action` */
export function actionEndpoints({ engine, platform, forward }: ActionOptions): Served[] {
  const submit = (
    id: string,
    component: ComponentName,
    action: Action,
    context: RequestContext,
  ): Answer<Uint8Array> => {
    const verb = requireVerb(component, action);
    const operation = engine.submit({
      id,
      component,
      verb,
      action,
      actor: context.actor ?? "",
      source: id.startsWith(bypass) ? "bypass" : "statemgr",
      ...(context.requestId !== undefined && { requestId: context.requestId }),
      ...(context.traceparent !== undefined && { traceparent: context.traceparent }),
      ...(context.override !== undefined && { override: context.override }),
      timeout: shorter(operationTime(platform, component, verb), context.timeout),
    });
    return {
      message: encodeActionResponse(component, statusOf(operation)),
      outcome: isFinal(operation.state) ? "completed" : "accepted",
      operationId: operation.id,
    };
  };
  return endpoints.powermgrActions.map((endpoint) =>
    served(endpoint, async (body, context) => {
      const component = context.component();
      const action = decodeActionRequest(component, body);
      if (context.operationId !== undefined) return submit(context.operationId, component, action, context);
      try {
        return await forward(component, body, context);
      } catch (error) {
        if (!isDeaf(error) || !isOffVerb(requireVerb(component, action))) throw error;
        // Off is always possible. statemgr learns of it from power-good.
        return submit(`${bypass}${randomUUID()}`, component, action, context);
      }
    }),
  );
}

/** How the ids of operations begin that statemgr was not there to decide about. */
const bypass = "bypass-";

/** statemgr is not there, does not answer, or can't store what it decides. */
export function isDeaf(error: unknown): boolean {
  const { code } = asBusbarError(error);
  return code === "UNAVAILABLE" || code === "DEADLINE_EXCEEDED";
}

function requireVerb(component: ComponentName, action: Action): Verb {
  const verb = verbOf(action);
  if (verb !== undefined) return verb;
  throw new BusbarError("FAILED_PRECONDITION", `${action} is not supported on this platform`, {
    component,
    reason: "unsupported-action",
    remedy: "use an action that the platform supports",
  });
}

const shorter = (usual: Milliseconds, asked: Milliseconds | undefined): Milliseconds =>
  asked === undefined ? usual : milliseconds(Math.min(usual, asked));

function statusOf(operation: Operation): Status {
  const roles = statusRoles(kindOf(operation.component));
  if (!isFinal(operation.state)) return roles.transitioning;
  const own = operation.outcomes.find((outcome) => outcome.component === operation.component);
  if (!own?.success || own.power === "unknown") return roles.failed;
  return own.power === "on" ? roles.on : roles.off;
}
