import { schema, subjects, timestamp } from "@busbar/contracts";
import type { ComponentOutcome, Operation } from "./operation.ts";

export const resultSubject = (outcome: ComponentOutcome): string => subjects.powerResult(outcome.component);

/** @param completedAt milliseconds since 1970 */
export const encodeResult = (operation: Operation, outcome: ComponentOutcome, completedAt: number): Uint8Array =>
  schema.v1alpha1.PowerOperationResult.encode({
    componentName: outcome.component,
    operation: outcome.verb,
    success: outcome.success,
    errorMessage: outcome.message ?? "",
    completedAt: timestamp(completedAt),
    durationMs: Math.round(outcome.durationMs),
    previousState: outcome.before,
    currentState: outcome.power,
    operationId: operation.id,
    ...(outcome.errorCode && { errorCode: outcome.errorCode }),
  }).finish();
