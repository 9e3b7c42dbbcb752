import { busbar, componentName, milliseconds } from "@busbar/contracts";
import { describe, expect, test } from "vitest";
import { eventually } from "./bounded.ts";
import { extraLines } from "./extra-lines.ts";
import { drivenEdges, isEdge } from "./journal.ts";
import { type System, useSystem } from "./system.ts";

const { StateChangeReason } = busbar.v1;
const shortPress = milliseconds(200);

/** A press of a person is over, and powermgr has seen its end. */
async function letGo(system: System, line: string, after: number): Promise<void> {
  await system.entry((entry) => isEdge(entry) && entry.line === line && !entry.asserted, after);
}

describe("a panel whose power button only the BMC sees, and acts for", () => {
  const system = useSystem({ changes: extraLines({ powerButton: "act", wired: "sensed" }) });
  const actor = "front-panel/power-button";

  test("switches a host on by a short press: statemgr decides, and records who asked", async () => {
    await system().bring("host.0", "off");
    const mark = system().changes.mark;
    await system().board.press("panel-power-0", shortPress);
    const requested = await system().reaches("host.0", "HOST_STATUS_TRANSITIONING", mark);
    expect(requested).toMatchObject({
      cause: "HOST_ACTION_ON",
      origin: { reason: StateChangeReason.STATE_CHANGE_REASON_REQUESTED, actor },
    });
    await system().reaches("host.0", "HOST_STATUS_ON", mark);
    expect(await system().operation(requested.origin.operationId ?? "")).toMatchObject({ actor });
  });

  test("asks a running host to go off by a short press", async () => {
    await system().bring("host.0", "on");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    await system().board.press("panel-power-0", shortPress);
    const off = await system().reaches("host.0", "HOST_STATUS_OFF", mark);
    expect(off.cause).toBe("HOST_ACTION_OFF");
    const entries = await system().journal(seq);
    expect(entries.filter(({ type }) => type === "power")).toMatchObject([{ component: "host.0", cause: "shutdown" }]);
  });

  test("forces a host off by a long press, while the button is still held", async () => {
    await system().bring("host.0", "on");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    await system().board.press("panel-power-0", milliseconds(12_000));
    const off = await system().reaches("host.0", "HOST_STATUS_OFF", mark);
    expect(off).toMatchObject({ cause: "HOST_ACTION_FORCE_OFF", origin: { actor } });
    expect(await system().journal(seq)).not.toContainEqual(
      expect.objectContaining({ type: "edge", line: "panel-power-0", asserted: false }),
    );
    await letGo(system(), "panel-power-0", seq);
    await system().agrees();
    const requests = system()
      .changes.since(mark)
      .filter(({ current }) => current === "HOST_STATUS_TRANSITIONING");
    expect(requests.map(({ cause }) => cause)).toEqual(["HOST_ACTION_FORCE_OFF"]);
  });

  test("does nothing by a button that is masked, which the log tells of", async () => {
    await system().bring("host.0", "on");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    await system().board.press("panel-reset-0", shortPress);
    await letGo(system(), "panel-reset-0", seq);
    await eventually("the press is logged", () =>
      system().logged(/reset-button of the panel: release/) ? true : undefined,
    );
    await system().agrees();
    expect(drivenEdges(await system().journal(seq))).toEqual([]);
    expect(system().changes.since(mark)).toEqual([]);
  });

  test("switches a host off while statemgr does not answer", async () => {
    const host = componentName("host.1");
    await system().bring("host.1", "on");
    // The judge hears of requests from statemgr, and can't of this one in time.
    await system().board.intent({ operation: "panel", component: host, effect: "off" });
    const { pid } = system().suite.processes.statemgr;
    system().suite.processes.statemgr.signal("SIGSTOP");
    try {
      const seq = await system().seq();
      await system().board.press("panel-power-1", shortPress);
      await system().entry((entry) => entry.type === "power" && entry.component === host, seq);
    } finally {
      system().suite.processes.statemgr.signal("SIGCONT");
    }
    await system().answers();
    await system().agrees();
    expect(system().suite.processes.statemgr.pid).toBe(pid);
    expect((await system().state("host.1")).status).toBe("HOST_STATUS_OFF");
    await system().board.intentOver("panel");
  });
});

describe("a panel whose power button the host feels itself", () => {
  const system = useSystem({ changes: extraLines({ powerButton: "pass-through", wired: "direct" }) });

  test("is recorded as the cause of a power-on and of a shutdown, and nobody presses", async () => {
    await system().bring("chassis.0", "on");
    await system().bring("host.0", "off");
    const [seq, mark, told] = [await system().seq(), system().changes.mark, system().events.mark];
    await system().board.press("panel-power-0", shortPress);
    const on = await system().reaches("host.0", "HOST_STATUS_ON", mark);
    expect(on.origin).toMatchObject({
      reason: StateChangeReason.STATE_CHANGE_REASON_EXTERNAL,
      message: "came on by the power-button of the front panel",
      operationId: "",
    });
    await system().listens();
    await system().board.press("panel-power-0", shortPress);
    const off = await system().reaches("host.0", "HOST_STATUS_OFF", mark);
    expect(off.origin.message).toBe("went off by the power-button of the front panel");
    expect(drivenEdges(await system().journal(seq))).toEqual([]);
    const faults = system()
      .events.since(told)
      .filter(({ subject }) => subject.endsWith(".fault"));
    expect(faults).toEqual([]);
  });
});
