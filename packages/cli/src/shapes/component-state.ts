import { busbar } from "@busbar/contracts";
import { enumWord } from "../output/words.ts";
import { textOrNull } from "./text.ts";
import { isoTime } from "./time.ts";

export const powerWord = (power: busbar.v1.Power | null | undefined): string =>
  enumWord(busbar.v1.Power, "POWER_", power || busbar.v1.Power.POWER_UNKNOWN);

export const componentStateShape = (state: busbar.v1.ComponentState.$Properties) => ({
  component: state.component ?? "",
  status: state.status ?? "",
  observed: powerWord(state.observed),
  intended: powerWord(state.intended),
  changed_at: isoTime(state.changedAt),
  action: textOrNull(state.action),
  operation_id: textOrNull(state.operationId),
  revision: revisionShape(state.revision),
});

export type ComponentStateShape = ReturnType<typeof componentStateShape>;

export const revisionShape = (revision: busbar.v1.Revision.$Properties | null | undefined) => ({
  epoch: revision?.epoch ?? "",
  id: Number(revision?.id ?? 0),
});
