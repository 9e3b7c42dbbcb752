import type { Bus, RequestContext } from "@busbar/bus";
import { actionEndpoint, type ComponentName, type Milliseconds, type Outcome, subjects } from "@busbar/contracts";

export type ForwardAction = (
  component: ComponentName,
  body: Uint8Array,
  context: RequestContext,
) => Promise<{ message: Uint8Array; outcome?: Outcome; operationId?: string }>;

/** Passes a request on to statemgr byte by byte, and its answer back. Nothing of it is kept here. */
export function forwardToStatemgr(bus: Bus, integrationTimeout: () => Milliseconds): ForwardAction {
  return async (component, body, context) => {
    const { message, outcome, operationId } = await bus.request(actionEndpoint("statemgr", component), body, {
      subject: subjects.action("statemgr", component),
      timeout: integrationTimeout(),
      headers: {
        ...(context.requestId !== undefined && { requestId: context.requestId }),
        ...(context.actor !== undefined && { actor: context.actor }),
        ...(context.timeout !== undefined && { timeout: context.timeout }),
        ...(context.override !== undefined && { override: context.override }),
        ...(context.traceparent !== undefined && { traceparent: context.traceparent }),
      },
      signal: context.signal,
    });
    return { message, ...(outcome && { outcome }), ...(operationId !== undefined && { operationId }) };
  };
}
