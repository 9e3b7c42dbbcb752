import { subjectMatches } from "@busbar/bus";
import {
  busbar,
  type ComponentName,
  componentOf,
  decodeStateChange,
  messageType,
  schema,
  subjects,
} from "@busbar/contracts";
import { powerWord } from "./component-state.ts";
import { type StateChangeShape, stateChangeEventShape } from "./state-change.ts";
import { textOrNull } from "./text.ts";
import { isoTime } from "./time.ts";

const powerResult = messageType("PowerOperationResult", schema.v1alpha1.PowerOperationResult);
const powerGood = messageType("PowerGoodEvent", busbar.v1.PowerGoodEvent);

export type EventShape =
  | ({ readonly type: "transition" } & StateChangeShape)
  | ReturnType<typeof powerResultShape>
  | ReturnType<typeof powerGoodShape>;

/** What can be followed, and how each is read. */
const readers: readonly { readonly subject: string; read(component: ComponentName, data: Uint8Array): EventShape }[] = [
  {
    subject: subjects.everyTransition,
    read: (component, data) => ({ type: "transition", ...stateChangeEventShape(decodeStateChange(component, data)) }),
  },
  {
    subject: subjects.everyPowerResult,
    read: (component, data) => powerResultShape(component, powerResult.decode(data)),
  },
  { subject: subjects.everyPowerGood, read: (component, data) => powerGoodShape(component, powerGood.decode(data)) },
];

export const eventSubjects: readonly string[] = readers.map(({ subject }) => subject);

/** @throws BusbarError INVALID_ARGUMENT or NOT_FOUND for what is no event of ours */
export function eventShape(subject: string, data: Uint8Array): EventShape | undefined {
  return readers.find((reader) => subjectMatches(reader.subject, subject))?.read(componentOf(subject), data);
}

const powerResultShape = (component: ComponentName, result: schema.v1alpha1.PowerOperationResult) => ({
  type: "power-result" as const,
  component,
  verb: result.operation,
  success: result.success,
  error_code: textOrNull(result.errorCode),
  message: textOrNull(result.errorMessage),
  completed_at: isoTime(result.completedAt),
  duration_ms: result.durationMs,
  previous_power: result.previousState || "unknown",
  power: result.currentState || "unknown",
  operation_id: textOrNull(result.operationId),
});

const powerGoodShape = (component: ComponentName, event: busbar.v1.PowerGoodEvent) => ({
  type: "power-good" as const,
  component,
  power: powerWord(event.power),
  previous_power: powerWord(event.previousPower),
  observed_at: isoTime(event.observedAt),
  operation_id: textOrNull(event.operationId),
});
