import { busbar, componentName, headers as headerNames, type StateChangeMessage } from "@busbar/contracts";
import { describe, expect, test } from "vitest";
import { eventually } from "./bounded.ts";
import { drivenEdges } from "./journal.ts";
import { useSystem } from "./system.ts";

const system = useSystem();
const host = componentName("host.0");
const { HealthStatus, Power, StateChangeReason } = busbar.v1;

/** The health check of a component, once it says what it should. */
const checked = (component: string, matches: (check: busbar.v1.HealthCheck.$Properties) => boolean) =>
  eventually(`the health of ${component}`, async () => {
    const { checks } = await system().health("powermgr");
    return checks.find((check) => check.name === component && matches(check));
  });

const isOk = ({ status }: busbar.v1.HealthCheck.$Properties) => status === HealthStatus.HEALTH_STATUS_OK;

const domain = async (component: string) => (await system().powerStatus()).find((row) => row.component === component);

async function lose(line: string, component: string): Promise<void> {
  await system().board.setFault({ kind: "line-missing", line });
  const check = await checked(component, (each) => !isOk(each));
  expect(check.message).toContain(line);
  expect(check.remedy).toBeTruthy();
  expect((await system().health("powermgr")).status).not.toBe(HealthStatus.HEALTH_STATUS_OK);
  expect(await domain(component)).toMatchObject({ available: false, reason: expect.stringContaining(line) });
}

async function giveBack(line: string, component: string): Promise<void> {
  await system().board.clearFaults({ kind: "line-missing", target: line });
  await checked(component, isOk);
  expect(await domain(component)).toMatchObject({ available: true, reason: "" });
}

describe("without host.1's power button", () => {
  const line = "power-button-1";

  test("host.1's actions are HARDWARE_UNAVAILABLE by the line's name, while host.0 and the chassis work", async () => {
    await system().bring("host.1", "off");
    await system().bring("host.0", "off");
    await lose(line, "host.1");
    const [seq, mark] = [await system().seq(), system().changes.mark];

    const answer = await system().ask("host.1", "HOST_ACTION_ON");
    expect(answer.error).toMatchObject({ code: "HARDWARE_UNAVAILABLE", component: "host.1" });
    expect(answer.error?.message).toContain(line);
    expect(answer.error?.remedy).toBeTruthy();
    expect(answer.header(headerNames.serviceErrorCode)).toBe("503");
    const back = await system().reaches("host.1", "HOST_STATUS_OFF", mark);
    expect(reasonOf(back)).toBe(StateChangeReason.STATE_CHANGE_REASON_REFUSED);
    expect(back.origin.message).toContain(line);
    expect(drivenEdges(await system().journal(seq))).toEqual([]);

    expect((await domain("host.0"))?.available).toBe(true);
    expect((await system().done("host.0", "HOST_ACTION_ON")).current).toBe("HOST_STATUS_ON");
    expect((await system().state("host.1")).status).toBe("HOST_STATUS_OFF");
  });

  test("host.1 works again as soon as the line is back", async () => {
    await system().board.setFault({ kind: "line-missing", line });
    await giveBack(line, "host.1");
    await system().mayGoOn();
    expect((await system().done("host.1", "HOST_ACTION_ON")).current).toBe("HOST_STATUS_ON");
    expect((await system().health("powermgr")).status).toBe(HealthStatus.HEALTH_STATUS_OK);
  });

  test("a button lost in the middle of its press ends the operation, and the board is left as it is", async () => {
    await system().bring("host.1", "on");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    const operationId = await system().accepted("host.1", "HOST_ACTION_OFF");
    await system().entry((entry) => entry.type === "edge" && entry.line === line && entry.asserted, seq);
    await system().board.setFault({ kind: "line-missing", line });
    const ended = await system().ends("host.1", operationId, mark);
    // Whether the press counted can't be known; what power-good shows is what is told, and an error unless it went off.
    expect([
      StateChangeReason.STATE_CHANGE_REASON_COMPLETED,
      StateChangeReason.STATE_CHANGE_REASON_FAILED,
      StateChangeReason.STATE_CHANGE_REASON_OUTCOME_UNKNOWN,
    ]).toContain(reasonOf(ended));
    await giveBack(line, "host.1");
    await eventually(
      `${line} is let go`,
      async () =>
        (await system().board.state()).lines.some((each) => each.line === line && !each.asserted) || undefined,
    );
    await system().agrees();
    expect(await system().pulses(line, seq)).toHaveLength(1);
  });
});

describe("without host.0's power-good", () => {
  test("host.0 is unknown, never off, and is what it was when the line is back", async () => {
    await system().bring("host.0", "on");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    await lose("power-good-0", "host.0");
    const unknown = await system().reaches("host.0", "HOST_STATUS_ERROR", mark);
    expect(reasonOf(unknown)).toBe(StateChangeReason.STATE_CHANGE_REASON_EXTERNAL);
    expect(await system().state("host.0")).toMatchObject({ observed: Power.POWER_UNKNOWN, intended: Power.POWER_ON });
    expect(await domain("host.0")).toMatchObject({ power: Power.POWER_UNKNOWN });
    // A button is a toggle: without power-good nobody presses it.
    expect((await system().ask("host.0", "HOST_ACTION_ON")).error).toMatchObject({ code: "HARDWARE_UNAVAILABLE" });

    await giveBack("power-good-0", "host.0");
    await system().agrees();
    expect(
      system()
        .changes.since(mark)
        .filter(({ component, current }) => component === host && current === "HOST_STATUS_OFF"),
    ).toEqual([]);
    expect(drivenEdges(await system().journal(seq))).toEqual([]);
  });
});

describe("without host.1's power-good", () => {
  test("FORCE_OFF holds the button in full: off is always possible", async () => {
    await system().bring("host.1", "on");
    await lose("power-good-1", "host.1");
    const seq = await system().seq();
    const mark = system().changes.mark;
    const id = await system().accepted("host.1", "HOST_ACTION_FORCE_OFF");
    await system().entry((entry) => entry.type === "edge" && entry.line === "power-button-1" && !entry.asserted, seq);
    expect((await system().pulses("power-button-1", seq)).length).toBe(1);
    const hosts = (await system().board.state()).hosts;
    expect(hosts.find(({ component }) => component === componentName("host.1"))?.power).toBe("off");
    // Nothing shows that it is off, so nobody is told that it is.
    expect(reasonOf(await system().ends("host.1", id, mark))).toBe(StateChangeReason.STATE_CHANGE_REASON_FAILED);
    await giveBack("power-good-1", "host.1");
    await system().agrees();
  });
});

describe("without the chassis' enable", () => {
  test("the chassis is unavailable, a host that needs it is told why, and running hosts keep running", async () => {
    await system().bring("host.0", "on");
    const seq = await system().seq();
    await lose("chassis-enable", "chassis.0");
    const answer = await system().ask("chassis.0", "CHASSIS_ACTION_OFF");
    expect(answer.error).toMatchObject({ code: "HARDWARE_UNAVAILABLE" });
    expect(answer.error?.message).toContain("chassis-enable");
    expect((await system().board.state()).hosts.find(({ component }) => component === host)?.power).toBe("on");
    await giveBack("chassis-enable", "chassis.0");
    await system().agrees();
    expect(drivenEdges(await system().journal(seq))).toEqual([]);
  });
});

const reasonOf = ({ origin }: StateChangeMessage) => origin.reason;
