import type { Bus, RequestContext, RequestHeaders } from "@busbar/bus";
import {
  actionEndpoint,
  asBusbarError,
  type ComponentName,
  type Milliseconds,
  type Outcome,
  subjects,
} from "@busbar/contracts";
import type { Tracer } from "@busbar/daemon";

/** What a request says besides component and action. */
export type Asked = RequestHeaders & Pick<RequestContext, "signal">;

export type ForwardAction = (
  component: ComponentName,
  body: Uint8Array,
  asked: Asked,
) => Promise<{ message: Uint8Array; outcome?: Outcome; operationId?: string }>;

/** Passes a request on to statemgr byte by byte, and its answer back. Nothing of it is kept here. */
export function forwardToStatemgr(bus: Bus, integrationTimeout: () => Milliseconds): ForwardAction {
  return async (component, body, asked) => {
    const { message, outcome, operationId } = await bus.request(actionEndpoint("statemgr", component), body, {
      subject: subjects.action("statemgr", component),
      timeout: integrationTimeout(),
      headers: {
        ...(asked.requestId !== undefined && { requestId: asked.requestId }),
        ...(asked.actor !== undefined && { actor: asked.actor }),
        ...(asked.timeout !== undefined && { timeout: asked.timeout }),
        ...(asked.override !== undefined && { override: asked.override }),
        ...(asked.traceparent !== undefined && { traceparent: asked.traceparent }),
      },
      signal: asked.signal,
    });
    return { message, ...(outcome && { outcome }), ...(operationId !== undefined && { operationId }) };
  };
}

/** One span per request that is passed on; statemgr's own span belongs to it. */
export const tracedForward =
  (forward: ForwardAction, tracer: Tracer): ForwardAction =>
  async (component, body, asked) => {
    const span = tracer.start(`forward ${component}`, {
      parent: asked.traceparent,
      kind: "client",
      attributes: { "busbar.component": component, "busbar.request_id": asked.requestId },
    });
    const { traceparent } = span;
    try {
      const answer = await forward(component, body, { ...asked, ...(traceparent !== undefined && { traceparent }) });
      span.end({ attributes: { "busbar.outcome": answer.outcome, "busbar.operation_id": answer.operationId } });
      return answer;
    } catch (error) {
      const { code, message } = asBusbarError(error);
      span.end({ attributes: { "busbar.outcome": code }, error: message });
      throw error;
    }
  };
