import { busbar, componentName } from "@busbar/contracts";
import { expect, test } from "vitest";
import { extraLines } from "./extra-lines.ts";
import { drivenEdges } from "./journal.ts";
import type { Replacement } from "./platform-files.ts";
import { useSystem } from "./system.ts";

const lines = extraLines({ powerButton: "act", wired: "sensed" });
/** A fault line would cut power, and then the loss had a request. */
const notify: Replacement = [/sequencing: .*/, "$&\n  emergency: { thermalShutdown: false, faultResponse: notify }"];
const system = useSystem({ changes: { ...lines, platform: [...(lines.platform ?? []), notify] } });
const { FaultSeverity } = busbar.v1;
const host = componentName("host.0");

/** The next fault event that matches, after `mark`. */
async function fault(component: string, code: string, active: boolean, mark: number): Promise<busbar.v1.FaultEvent> {
  const subject = `powermgr.event.${component}.fault`;
  const isIt = (event: { subject: string; data: Uint8Array }): boolean => {
    if (event.subject !== subject) return false;
    const told = busbar.v1.FaultEvent.decode(event.data);
    return told.code === code && told.active === active;
  };
  const { data } = await system().events.until(`${code} of ${component}`, isIt, mark);
  return busbar.v1.FaultEvent.decode(data);
}

test("a fault line is told when it comes and when it is over, with the policy's response", async () => {
  const mark = system().events.mark;
  await system().board.setFault({ kind: "line-stuck", line: "thermtrip-1", level: "low" });
  expect(await fault("host.1", "thermtrip", true, mark)).toMatchObject({
    component: "host.1",
    severity: FaultSeverity.FAULT_SEVERITY_CRITICAL,
    source: "thermtrip-1",
    response: "notify",
  });
  await system().board.clearFaults({ kind: "line-stuck", target: "thermtrip-1" });
  await fault("host.1", "thermtrip", false, mark);
});

test("a host that trips has lost its power for the reason that its fault line names", async () => {
  await system().bring("host.0", "on");
  const [seq, mark] = [await system().seq(), system().events.mark];
  await system().board.setFault({ kind: "line-stuck", line: "thermtrip-0", level: "low" });
  await system().board.setFault({ kind: "trip", component: host });
  expect(await fault("host.0", "power-lost", true, mark)).toMatchObject({
    severity: FaultSeverity.FAULT_SEVERITY_CRITICAL,
    source: "thermtrip-0",
    message: "host.0 lost power without a request: thermtrip-0 of host.0 says thermtrip",
  });
  expect(drivenEdges(await system().journal(seq))).toEqual([]);
  await system().board.clearFaults();
  await fault("host.0", "thermtrip", false, mark);
  await system().bring("host.0", "on");
  await fault("host.0", "power-lost", false, mark);
});

test("hosts that lose their power with the chassis are told so, and a chassis without standby power too", async () => {
  await system().bring("host.0", "on");
  const mark = system().events.mark;
  await system().board.mains({ state: "lost", standby: "good" });
  expect(await fault("host.0", "power-lost", true, mark)).toMatchObject({
    severity: FaultSeverity.FAULT_SEVERITY_CRITICAL,
    source: "chassis.0",
  });
  await system().board.mains({ state: "good", standby: "good" });
  await fault("chassis.0", "power-lost", false, mark);
  await system().agrees();

  const again = system().events.mark;
  await system().board.setFault({ kind: "line-stuck", line: "standby-good", level: "low" });
  await fault("chassis.0", "standby-lost", true, again);
  await system().board.mains({ state: "lost", standby: "good" });
  expect(await fault("chassis.0", "power-lost", true, again)).toMatchObject({
    source: "standby",
    message: "chassis.0 lost power without a request: standby power is missing",
  });
  await system().board.clearFaults();
  await fault("chassis.0", "standby-lost", false, again);
  await system().board.mains({ state: "good", standby: "good" });
  await system().agrees();
});

test("a shutdown from within is told as a loss that no line explains: a warning", async () => {
  await system().bring("host.0", "on");
  const mark = system().events.mark;
  await system().board.setFault({ kind: "os-poweroff", component: host });
  expect(await fault("host.0", "power-lost", true, mark)).toMatchObject({
    severity: FaultSeverity.FAULT_SEVERITY_WARNING,
    source: "",
  });
});

test("what is asked for is no loss", async () => {
  await system().bring("host.1", "on");
  const mark = system().events.mark;
  await system().done("host.1", "HOST_ACTION_OFF");
  await system().bring("host.1", "on");
  await system().board.setFault({ kind: "os-poweroff", component: componentName("host.1") });
  await fault("host.1", "power-lost", true, mark);
  const losses = system()
    .events.since(mark)
    .filter(({ subject }) => subject === "powermgr.event.host.1.fault");
  expect(losses).toHaveLength(1);
});
