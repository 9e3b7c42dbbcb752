import type { Bus } from "@busbar/bus";
import { busbar, componentOf, isErrorCode, schema, subjects } from "@busbar/contracts";
import type { Log } from "@busbar/daemon";
import type { Platform } from "@busbar/platform";
import type { CommitQueue } from "../store/commit-queue.ts";
import type { Ledger } from "./ledger.ts";
import { powerOf, powerWord } from "./power-link.ts";
import type { Pursuit } from "./pursuit.ts";

export interface PowerEventOptions {
  readonly bus: Bus;
  readonly platform: Platform;
  readonly commits: CommitQueue;
  readonly ledger: Ledger;
  readonly pursuit: Pursuit;
  readonly log: Log;
}

/** What powermgr tells by itself: results of operations and changes of power-good. */
export async function followPowerEvents({
  bus,
  platform,
  commits,
  ledger,
  pursuit,
  log,
}: PowerEventOptions): Promise<void> {
  await bus.subscribe(subjects.everyPowerResult, async ({ subject, data }) => {
    const component = componentOf(subject);
    const { success, currentState, errorCode, errorMessage, operationId } =
      schema.v1alpha1.PowerOperationResult.decode(data);
    if (!operationId) {
      log.warn({ component }, "a power result without an operation id was ignored");
      return;
    }
    await commits.commit(() =>
      ledger.result(component, operationId, {
        success,
        power: powerWord(currentState ?? ""),
        ...(errorCode && isErrorCode(errorCode) && { errorCode }),
        ...(errorMessage && { message: errorMessage }),
      }),
    );
    pursuit.recorded(operationId);
  });
  await bus.subscribe(subjects.everyPowerGood, async ({ subject, data }) => {
    const component = componentOf(subject);
    if (!platform.domains.has(component)) return;
    const { component: named, power, operationId, cause: button } = busbar.v1.PowerGoodEvent.decode(data);
    // Empty and foreign bytes decode too: as unknown power of nobody.
    if (named !== component) {
      log.warn({ component }, "a power-good event that names another component was ignored");
      return;
    }
    await commits.commit(() => ledger.observed(component, powerOf(power), { operationId, button }));
    pursuit.toldOf(component);
  });
}
