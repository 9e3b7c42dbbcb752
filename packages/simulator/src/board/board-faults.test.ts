import { componentName, milliseconds } from "@busbar/contracts";
import { beforeEach, describe, expect, it } from "vitest";
import { sense, VirtualBoard, type VirtualClient } from "./testing/virtual-board.ts";

const host0 = componentName("host.0");
const host1 = componentName("host.1");
const chassis0 = componentName("chassis.0");
const ms = milliseconds;

describe("the board with a fault", () => {
  let virtual: VirtualBoard;
  let client: VirtualClient;

  beforeEach(() => {
    virtual = new VirtualBoard();
    client = virtual.client();
    client.takeAll();
  });

  const power = (): string => virtual.host("host.0").power;

  it("shows power-good stuck low or high, whatever the supply does, and the truth once it is cleared", () => {
    virtual.board.setFault({ kind: "power-good-stuck", component: host0, level: "low" });
    client.runHost();
    expect([power(), client.get("power-good-0")]).toEqual(["on", 0]);
    virtual.board.setFault({ kind: "power-good-stuck", component: host0, level: "high" });
    expect(client.get("power-good-0")).toBe(1);
    virtual.board.setFault({ kind: "trip", component: host0 });
    virtual.wait(1_000);
    expect([power(), client.get("power-good-0")]).toEqual(["off", 1]);
    expect(virtual.board.clearFaults("power-good-stuck", "host.0")).toBe(1);
    expect(client.get("power-good-0")).toBe(0);
  });

  it("shows power-good of a chassis stuck, too", () => {
    virtual.board.setFault({ kind: "power-good-stuck", component: chassis0, level: "low" });
    client.raiseRails();
    expect(virtual.state.chassis[0]?.rails).toBe(true);
    expect(client.get("chassis-good")).toBe(0);
  });

  it("shows power-good late", () => {
    virtual.board.setFault({ kind: "power-good-slow", component: host0, delay: ms(10_000) });
    client.raiseRails();
    client.pulse("power-button-0", 200);
    virtual.wait(10_000);
    expect(client.get("power-good-0")).toBe(0);
    virtual.wait(1_000);
    expect(client.get("power-good-0")).toBe(1);
  });

  it("lets power-good dip once for as long as told", () => {
    client.runHost();
    const at = virtual.now;
    virtual.board.setFault({ kind: "power-good-glitch", component: host0, duration: ms(5) });
    expect(virtual.board.faults()).toHaveLength(1);
    virtual.wait(1_000);
    expect(client.edges.map(({ level, at: edge }) => [level, edge - at])).toEqual([
      [0, 0],
      [1, 5],
    ]);
    expect([power(), virtual.board.faults()]).toEqual(["on", []]);
  });

  it("ends a glitch when it is cleared, and at once when it has no length", () => {
    client.runHost();
    virtual.board.setFault({ kind: "power-good-glitch", component: host0, duration: ms(5_000) });
    virtual.board.clearFaults(undefined, undefined);
    expect(client.get("power-good-0")).toBe(1);
    virtual.board.setFault({ kind: "power-good-glitch", component: host0, duration: ms(0) });
    expect([client.get("power-good-0"), virtual.board.faults()]).toEqual([1, []]);
  });

  it("ignores button, system or reset, as told", () => {
    client.runHost();
    virtual.board.setFault({ kind: "os-ignores-button", component: host0 });
    virtual.board.setFault({ kind: "reset-dead", component: host0 });
    client.pulse("power-button-0", 200);
    client.pulse("reset-button-0", 200);
    virtual.wait(5_000);
    expect(virtual.host("host.0")).toMatchObject({ power: "on", os: "up", resets: 0 });
    virtual.board.setFault({ kind: "button-dead", component: host0 });
    client.pulse("power-button-0", 5_000);
    expect(power()).toBe("on");
  });

  it("hangs in boot, on the host that it is set for", () => {
    virtual.board.setFault({ kind: "boot-hang", component: host0 });
    client.raiseRails();
    client.pulse("power-button-0", 200);
    client.pulse("power-button-1", 200);
    virtual.wait(5_000);
    expect([virtual.host("host.0").os, virtual.host("host.1").os]).toEqual(["hung", "up"]);
  });

  it("shuts down from within", () => {
    client.runHost();
    virtual.board.setFault({ kind: "os-poweroff", component: host0 });
    virtual.wait(2_000);
    expect([power(), virtual.board.faults()]).toEqual(["off", []]);
  });

  it("takes a missing line from its holder and lets nobody request it until it is back", () => {
    virtual.board.setFault({ kind: "line-missing", line: "power-good-0" });
    expect(client.losses).toEqual(["power-good-0: the line is gone"]);
    expect(() => client.get("power-good-0")).toThrow(expect.objectContaining({ code: "HARDWARE_UNAVAILABLE" }));
    expect(() => client.take("power-good-0", sense)).toThrow(expect.objectContaining({ code: "HARDWARE_UNAVAILABLE" }));
    virtual.board.clearFaults("line-missing", undefined);
    client.take("power-good-0", sense);
  });

  it("ties a stuck line down, so that a press never reaches the host", () => {
    client.raiseRails();
    virtual.board.setFault({ kind: "line-stuck", line: "power-button-0", level: "high" });
    client.set("power-button-0", 1);
    expect(client.get("power-button-0")).toBe(0);
    virtual.wait(5_000);
    expect(power()).toBe("off");
    virtual.board.clearFaults(undefined, "power-button-0");
    virtual.wait(100);
    expect(power()).toBe("on");
  });

  it("is told of a fault's component or line that is not there", () => {
    const missing = expect.objectContaining({ code: "NOT_FOUND" });
    expect(() => virtual.board.setFault({ kind: "trip", component: componentName("host.9") })).toThrow(missing);
    expect(() => virtual.board.setFault({ kind: "trip", component: chassis0 })).toThrow(missing);
    expect(() => virtual.board.setFault({ kind: "line-stuck", line: "nose", level: "low" })).toThrow(missing);
    expect(() => virtual.board.intent("a", componentName("host.9"), "on")).toThrow(missing);
  });

  it("clears by kind and by target, and journals it", () => {
    virtual.board.setFault({ kind: "boot-hang", component: host0 });
    virtual.board.setFault({ kind: "boot-hang", component: host1 });
    virtual.board.setFault({ kind: "reset-dead", component: host1 });
    expect(virtual.board.clearFaults("boot-hang", "host.1")).toBe(1);
    expect(virtual.board.clearFaults(undefined, "host.1")).toBe(1);
    expect(virtual.board.faults()).toEqual([{ kind: "boot-hang", component: "host.0" }]);
    expect(virtual.entries().filter((entry) => entry.type === "fault" && entry.what === "cleared")).toHaveLength(2);
  });
});
