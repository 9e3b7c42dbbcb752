import { busbar, milliseconds } from "@busbar/contracts";
import { expect, test } from "vitest";
import { useSystem } from "./system.ts";

const system = useSystem({ changes: { shipped: "two-chassis" } });
const hosts = Array.from({ length: 8 }, (_, index) => `host.${index}`);

const powers = async () => (await system().board.state()).hosts.map(({ component, power }) => `${component} ${power}`);

test("eight hosts on two chassis all come on at once, and go off with their chassis", async () => {
  // Every line of the platform file is on the board.
  expect((await system().health("powermgr")).status).toBe(busbar.v1.HealthStatus.HEALTH_STATUS_OK);
  const mark = system().changes.mark;
  const ons = await Promise.all(hosts.map((host) => system().accepted(host, "HOST_ACTION_ON")));
  const ended = await Promise.all(hosts.map((host, index) => system().ends(host, ons[index] ?? "", mark)));
  expect(ended.map(({ component, current }) => `${component} ${current}`)).toEqual(
    hosts.map((host) => `${host} HOST_STATUS_ON`),
  );
  expect(await powers()).toEqual(hosts.map((host) => `${host} on`));
  await system().listens();

  await system().done("chassis.0", "CHASSIS_ACTION_OFF");
  expect(await powers()).toEqual(hosts.map((host, index) => `${host} ${index < 4 ? "off" : "on"}`));
  await system().done("chassis.1", "CHASSIS_ACTION_OFF");
  expect(await powers()).toEqual(hosts.map((host) => `${host} off`));
  await system().agrees();
});

test("a panel button of a copied host switches that host, and the chassis that it needs, on", async () => {
  await system().mayGoOn();
  const mark = system().changes.mark;
  await system().board.press("panel-power-6", milliseconds(200));
  await system().reaches("host.6", "HOST_STATUS_ON", mark);
  await system().agrees();
  const { chassis } = await system().board.state();
  expect(chassis.map(({ component, power }) => `${component} ${power}`)).toEqual(["chassis.0 off", "chassis.1 on"]);
  expect(await powers()).toEqual(hosts.map((host) => `${host} ${host === "host.6" ? "on" : "off"}`));
});
