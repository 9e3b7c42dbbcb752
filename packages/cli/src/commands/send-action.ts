import type { Bus } from "@busbar/bus";
import {
  type Action,
  actionEndpoint,
  type ComponentName,
  decodeActionResponse,
  encodeActionRequest,
  subjects,
} from "@busbar/contracts";
import { answerTimeout } from "../system/ask.ts";
import type { ActionShape } from "./action-shown.ts";

export interface ActionRequest {
  readonly component: ComponentName;
  readonly action: Action;
  readonly actor: string;
  readonly requestId: string | undefined;
  /** Interlocks to be overridden. */
  readonly override: readonly string[] | undefined;
}

/** What statemgr answers at acceptance. @throws BusbarError: its refusal, or what became of the request on its way */
export async function sendAction(bus: Bus, request: ActionRequest, signal?: AbortSignal): Promise<ActionShape> {
  const { component, action, actor, requestId, override } = request;
  const answer = await bus.request(actionEndpoint("statemgr", component), encodeActionRequest(component, action), {
    subject: subjects.action("statemgr", component),
    timeout: answerTimeout,
    headers: { actor, ...(requestId !== undefined && { requestId }), ...(override && { override }) },
    ...(signal && { signal }),
  });
  return {
    component,
    action,
    outcome: answer.outcome ?? "accepted",
    status: decodeActionResponse(component, answer.message),
    operation_id: answer.operationId ?? null,
    request_id: requestId ?? null,
  };
}
