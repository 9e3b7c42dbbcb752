import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { busbar, headers as headerNames } from "@busbar/contracts";
import { afterAll, describe, expect, test } from "vitest";
import { eventually } from "./bounded.ts";
import { bundleExample } from "./example-plugin.ts";
import { FakePduProcess } from "./fake-pdu.ts";
import { killProcessesIn, temporaryDirectory } from "./our-processes.ts";
import { useSystem } from "./system.ts";

const { HealthStatus, Power } = busbar.v1;

// A chassis of its own whose power is an outlet of a PDU, switched by a module that is no part of powermgr.

const directory = temporaryDirectory();
const pdu = new FakePduProcess(directory);
await pdu.start();
writeFileSync(join(directory, "token"), pdu.token);
const installed = join(directory, "node_modules", "@acme", "pdu-outlet");
mkdirSync(installed, { recursive: true });
bundleExample("src/index.ts", join(installed, "index.mjs"));
writeFileSync(join(installed, "package.json"), '{ "name": "@acme/pdu-outlet", "exports": "./index.mjs" }');
// By its file: the platform file is written elsewhere, where the package is not installed.
const outlet = `    backend:
      module: ${join(installed, "index.mjs")}
      control: rail
      options: { url: "${pdu.url}", outlet: 3, tokenFile: ${join(directory, "token")}, pollMs: 50 }`;

const system = useSystem({
  changes: {
    platform: [
      [
        "  bmc.0:\n",
        `  chassis.1:
${outlet}
    timing: { minimumOff: 1s }
  chassis.2:
    backend: { module: "@acme/not-installed", control: rail }
  chassis.3:
${outlet.replace("outlet: 3", "outlet: none")}
  bmc.0:
`,
      ],
    ],
  },
});

afterAll(async () => {
  await pdu.kill();
  killProcessesIn(directory);
});

const domain = async (component: string) => (await system().powerStatus()).find((row) => row.component === component);

const measured = () =>
  eventually("what the chassis draws", async () => {
    const found = await domain("chassis.1");
    return found?.watts === 41.5 ? found : undefined;
  });

const check = async (component: string) =>
  (await system().health("powermgr")).checks.find(({ name }) => name === component);

describe("a chassis that is fed by an outlet of a PDU", () => {
  test("goes on and off for real", async () => {
    expect(await domain("chassis.1")).toMatchObject({ available: true, power: Power.POWER_OFF });
    expect((await system().done("chassis.1", "CHASSIS_ACTION_ON")).current).toBe("CHASSIS_STATUS_ON");
    expect(pdu.switched).toEqual(["3 on"]);
    expect((await measured()).measuredAt).toBeTruthy();
    expect((await system().done("chassis.1", "CHASSIS_ACTION_OFF")).current).toBe("CHASSIS_STATUS_OFF");
    expect(pdu.switched).toEqual(["3 on", "3 off"]);
  });

  test("is HARDWARE_UNAVAILABLE without the PDU, while the rest serves, and is what it was when the PDU is back", async () => {
    const before = [...pdu.switched];
    await pdu.kill();
    await eventually(
      "powermgr misses the PDU",
      async () => (await domain("chassis.1"))?.available === false || undefined,
    );
    expect(await domain("chassis.1")).toMatchObject({
      power: Power.POWER_UNKNOWN,
      reason: expect.stringContaining("can't be reached: ECONNREFUSED"),
    });
    expect(await check("chassis.1")).toMatchObject({ status: HealthStatus.HEALTH_STATUS_DEGRADED });

    const answer = await system().ask("chassis.1", "CHASSIS_ACTION_ON");
    expect(answer.error).toMatchObject({
      code: "HARDWARE_UNAVAILABLE",
      component: "chassis.1",
      message: expect.stringContaining("outlet 3"),
      remedy: expect.stringMatching(/./),
    });
    expect(answer.header(headerNames.serviceErrorCode)).toBe("503");
    await system().bring("host.0", "off");
    expect((await system().done("host.0", "HOST_ACTION_ON")).current).toBe("HOST_STATUS_ON");

    await pdu.start();
    await eventually("powermgr has the PDU again", async () => (await domain("chassis.1"))?.available || undefined);
    await eventually(
      "the outlet is seen",
      async () => (await domain("chassis.1"))?.power === Power.POWER_OFF || undefined,
    );
    expect(pdu.switched).toEqual(before);
  });
});

describe("a module that can't be used leaves its own domain unavailable, with what to do about it:", () => {
  test.each([
    ["chassis.2", "module @acme/not-installed is not installed", "install it beside the platform file"],
    ["chassis.3", "outlet: write a whole number", "domains.chassis.3.backend.options"],
  ])("%s, %s", async (component, why, remedy) => {
    const { message, status } = (await check(component)) ?? {};
    expect(status).toBe(HealthStatus.HEALTH_STATUS_DEGRADED);
    expect(message).toContain(why);
    expect(message).toContain(remedy);
    const { error } = await system().ask(component, "CHASSIS_ACTION_ON");
    expect(error).toMatchObject({ code: "HARDWARE_UNAVAILABLE", message: expect.stringContaining(why) });
  });
});
