import { busbar } from "@busbar/contracts";
import { enumWord } from "../output/words.ts";
import { textOrNull } from "./text.ts";
import { isoTime } from "./time.ts";

export const emergencyShape = (status: busbar.v1.EmergencyStatus.$Properties) => ({
  latched: status.latched ?? false,
  source: status.latched ? enumWord(busbar.v1.EmergencySource, "EMERGENCY_SOURCE_", status.source ?? 0) : null,
  reason: textOrNull(status.reason),
  actor: textOrNull(status.actor),
  since: isoTime(status.since),
  /** What was switched off. */
  components: status.components ?? [],
  /** What still speaks against clearing the latch. */
  persisting: status.persisting ?? [],
  operation_ids: status.operationIds ?? [],
});

export type EmergencyShape = ReturnType<typeof emergencyShape>;
