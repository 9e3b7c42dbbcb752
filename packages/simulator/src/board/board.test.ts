import { componentName, milliseconds } from "@busbar/contracts";
import type { JournalEntry } from "@busbar/hardware";
import { beforeEach, describe, expect, it } from "vitest";
import type { BoardConfig } from "./config.ts";
import { button, rail, sense, shippedBoard, VirtualBoard, type VirtualClient } from "./testing/virtual-board.ts";

const host0 = componentName("host.0");
const host1 = componentName("host.1");
const chassis0 = componentName("chassis.0");
const ms = milliseconds;

/** `power-good-0 high (plant)` for edges, `host.0 on (press)` for power, the type for the rest. */
const told = (entry: JournalEntry): string => {
  if (entry.type === "edge") return `${entry.line} ${entry.wire} (${entry.by})`;
  if (entry.type === "power") return `${entry.component} ${entry.state} (${entry.cause})`;
  if (entry.type === "os") return `${entry.component} os ${entry.state}`;
  return entry.type;
};

const prompt = (config: BoardConfig): BoardConfig => ({
  ...config,
  chassis: config.chassis.map((each) => ({ ...each, model: { ...each.model, rise: ms(0) } })),
  hosts: config.hosts.map((each) => ({
    ...each,
    model: { ...each.model, minimumPulse: ms(0), powerGoodRise: ms(0), boot: ms(0) },
  })),
});

describe("the board", () => {
  let virtual: VirtualBoard;
  let client: VirtualClient;

  const start = (config: BoardConfig = shippedBoard): void => {
    virtual = new VirtualBoard(config);
    client = virtual.client();
    for (const index of [0, 1]) {
      client.take(`power-button-${index}`, button);
      client.take(`reset-button-${index}`, button);
      client.take(`power-good-${index}`, sense);
    }
    client.take("chassis-enable", rail);
    client.take("chassis-good", sense);
  };
  const railsUp = (): void => {
    virtual.board.intent("rails", chassis0, "on");
    client.set("chassis-enable", 1);
    virtual.wait(100);
  };
  const running = (): void => {
    railsUp();
    virtual.board.intent("power", host0, "on");
    client.pulse("power-button-0", 200);
    virtual.wait(5_000);
    client.edges.length = 0;
  };
  const since = (seq: number): string[] =>
    virtual
      .entries()
      .filter((entry) => entry.seq > seq)
      .map(told);

  beforeEach(() => start());

  it("carries a press from the pin through the plant to power-good, each stamped when it happened", () => {
    railsUp();
    const { seq } = virtual.state;
    const at = virtual.now;
    client.pulse("power-button-0", 200);
    virtual.wait(5_000);
    const entries = virtual.entries().filter((entry) => entry.seq > seq);
    expect(entries.map((entry) => [entry.at - at, told(entry)])).toEqual([
      [0, "power-button-0 low (powermgr)"],
      [16, "host.0 on (press)"],
      [200, "power-button-0 high (powermgr)"],
      [316, "power-good-0 high (plant)"],
      [316, "host.0 os booting"],
      [2_316, "host.0 os up"],
    ]);
    expect(client.edges.at(-1)).toEqual({ line: "power-good-0", level: 1, at: at + 316, sequence: 1 });
  });

  it("acts in the same turn when nothing takes time", () => {
    start(prompt(shippedBoard));
    client.set("chassis-enable", 1);
    client.set("power-button-0", 1);
    expect(virtual.host("host.0")).toMatchObject({ power: "on", os: "up" });
    expect(client.get("power-good-0")).toBe(1);
  });

  it("takes hosts down with their rails, at once", () => {
    running();
    const { seq } = virtual.state;
    client.set("chassis-enable", 0);
    expect(virtual.host("host.0").power).toBe("off");
    virtual.wait(1_000);
    expect(since(seq)).toEqual([
      "chassis-enable low (powermgr)",
      "chassis.0 off (enable)",
      "host.0 off (rail)",
      "host.0 os down",
      "chassis-good low (plant)",
      "power-good-0 low (plant)",
    ]);
  });

  it("numbers the journal without gaps and never goes back in time", () => {
    running();
    client.set("chassis-enable", 0);
    virtual.wait(10_000);
    const entries = virtual.entries();
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
    expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).toSorted((a, b) => a - b));
    expect(entries[0]).toMatchObject({ type: "start", board: "simulated", wall: "2026-01-01T00:00:00.000Z" });
  });

  it("asks to be woken for the next thing that happens by itself, and for nothing when there is none", () => {
    expect(virtual.deadline).toBeUndefined();
    client.set("chassis-enable", 1);
    expect(virtual.deadline).toBe(virtual.now + 50);
    virtual.wait(1_000);
    expect(virtual.deadline).toBeUndefined();
  });

  it("takes what a wrong polarity does for what it is: a press", () => {
    running();
    virtual.wait(120_000);
    client.release("power-button-0");
    client.take("power-button-0", { ...button, active: "high" });
    virtual.wait(100);
    expect(virtual.host("host.0").os).toBe("shutting-down");
    expect(virtual.board.hazards(true).hazards).toMatchObject([{ code: "unrequested-press" }]);
  });

  it("refuses to let a client drive what the plant drives", () => {
    client.release("power-good-0");
    expect(() => client.take("power-good-0", rail)).toThrow(expect.objectContaining({ code: "HARDWARE_UNAVAILABLE" }));
  });

  it("lets a rail fall back to its pull when its pin becomes an input", () => {
    running();
    client.release("chassis-enable");
    client.take("chassis-enable", sense);
    expect(virtual.wire("chassis-enable")).toBe("low");
    expect(virtual.board.hazards(true).hazards).toMatchObject([{ code: "rail-dropped" }]);
  });

  describe("when a client dies", () => {
    it("keeps the level of its lines and frees them", () => {
      running();
      client.set("power-button-0", 1);
      client.die();
      expect(virtual.wire("power-button-0")).toBe("low");
      expect(virtual.wire("chassis-enable")).toBe("high");
      const heir = virtual.client("heir");
      heir.take("chassis-enable", rail);
      expect(heir.get("chassis-enable")).toBe(1);
    });

    it("lets go of an asserted button when the momentary lines are released, and of nothing else", () => {
      running();
      client.set("power-button-0", 1);
      client.die();
      virtual.wait(500);
      expect(virtual.board.releaseMomentary("launcher")).toEqual(["power-button-0"]);
      expect(virtual.wire("power-button-0")).toBe("high");
      expect(virtual.wire("chassis-enable")).toBe("high");
      virtual.wait(10_000);
      expect(virtual.entries().findLast(({ type }) => type === "edge")).not.toMatchObject({ line: "chassis-enable" });
    });

    it("releases a button also while the dead client's connection has not ended yet", () => {
      client.set("power-button-0", 1);
      expect(virtual.board.releaseMomentary("launcher")).toEqual(["power-button-0"]);
    });

    it("reverts its lines to the pull if the board is of that kind", () => {
      start({ ...shippedBoard, onDisconnect: "revert" });
      running();
      client.set("power-button-1", 1);
      client.die();
      expect(virtual.wire("power-button-1")).toBe("high");
      expect(virtual.wire("chassis-enable")).toBe("low");
      expect(virtual.host("host.0").power).toBe("off");
    });
  });

  describe("at its front panel", () => {
    it("takes a human's press for a press, and for no hazard", () => {
      railsUp();
      virtual.board.pressButton("power-button-1", ms(200));
      virtual.wait(5_000);
      expect(virtual.host("host.1")).toMatchObject({ power: "on", os: "up" });
      virtual.board.pressButton("power-button-1", ms(5_000));
      virtual.wait(10_000);
      expect(virtual.host("host.1").power).toBe("off");
      expect(virtual.board.hazards(true).hazards).toEqual([]);
    });

    it("holds the wire for as long as anybody presses", () => {
      virtual.board.pressButton("power-button-1", ms(300));
      client.set("power-button-1", 1);
      virtual.wait(400);
      expect(virtual.wire("power-button-1")).toBe("low");
      virtual.board.pressButton("power-button-1", ms(100));
      client.set("power-button-1", 0);
      expect(virtual.wire("power-button-1")).toBe("low");
      virtual.wait(100);
      expect(virtual.wire("power-button-1")).toBe("high");
    });

    it("has no other lines to press", () => {
      for (const line of ["chassis-enable", "nose"]) {
        expect(() => virtual.board.pressButton(line, ms(100))).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
      }
    });
  });

  describe("without mains", () => {
    it("loses power but keeps the BMC's pins while standby holds", () => {
      running();
      virtual.board.mains({ state: "lost", standby: "good" });
      expect(virtual.host("host.0").power).toBe("off");
      expect(client.get("chassis-enable")).toBe(1);
      virtual.wait(1_000);
      virtual.board.mains({ state: "good", standby: "good" });
      virtual.wait(1_000);
      expect(virtual.state.chassis).toEqual([{ component: "chassis.0", power: "on", rails: true }]);
      expect(virtual.host("host.0").power).toBe("off");
    });

    it("and without standby drops every pin to its pull and every hold, until both are back", () => {
      running();
      virtual.board.mains({ state: "lost", standby: "lost" });
      expect(client.losses).toHaveLength(8);
      expect(virtual.wire("chassis-enable")).toBe("low");
      expect(() => client.get("chassis-enable")).toThrow(expect.objectContaining({ code: "HARDWARE_UNAVAILABLE" }));
      expect(() => client.take("chassis-enable", rail)).toThrow(
        expect.objectContaining({ code: "HARDWARE_UNAVAILABLE" }),
      );
      virtual.board.mains({ state: "good", standby: "good" });
      client.take("chassis-enable", rail);
      expect(client.get("chassis-enable")).toBe(0);
      expect(virtual.board.hazards(true).hazards).toEqual([]);
    });
  });

  describe("with a fault", () => {
    const power = (): string => virtual.host("host.0").power;

    it("shows power-good stuck low or high, whatever the supply does, and the truth once it is cleared", () => {
      virtual.board.setFault({ kind: "power-good-stuck", component: host0, level: "low" });
      running();
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
      railsUp();
      expect(virtual.state.chassis[0]?.rails).toBe(true);
      expect(client.get("chassis-good")).toBe(0);
    });

    it("shows power-good late", () => {
      virtual.board.setFault({ kind: "power-good-slow", component: host0, delay: ms(10_000) });
      railsUp();
      client.pulse("power-button-0", 200);
      virtual.wait(10_000);
      expect(client.get("power-good-0")).toBe(0);
      virtual.wait(1_000);
      expect(client.get("power-good-0")).toBe(1);
    });

    it("lets power-good dip once for as long as told", () => {
      running();
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
      running();
      virtual.board.setFault({ kind: "power-good-glitch", component: host0, duration: ms(5_000) });
      virtual.board.clearFaults(undefined, undefined);
      expect(client.get("power-good-0")).toBe(1);
      virtual.board.setFault({ kind: "power-good-glitch", component: host0, duration: ms(0) });
      expect([client.get("power-good-0"), virtual.board.faults()]).toEqual([1, []]);
    });

    it("ignores button, system or reset, as told", () => {
      running();
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
      railsUp();
      client.pulse("power-button-0", 200);
      client.pulse("power-button-1", 200);
      virtual.wait(5_000);
      expect([virtual.host("host.0").os, virtual.host("host.1").os]).toEqual(["hung", "up"]);
    });

    it("shuts down from within", () => {
      running();
      virtual.board.setFault({ kind: "os-poweroff", component: host0 });
      virtual.wait(2_000);
      expect([power(), virtual.board.faults()]).toEqual(["off", []]);
    });

    it("takes a missing line from its holder and lets nobody request it until it is back", () => {
      virtual.board.setFault({ kind: "line-missing", line: "power-good-0" });
      expect(client.losses).toEqual(["power-good-0: the line is gone"]);
      expect(() => client.get("power-good-0")).toThrow(expect.objectContaining({ code: "HARDWARE_UNAVAILABLE" }));
      expect(() => client.take("power-good-0", sense)).toThrow(
        expect.objectContaining({ code: "HARDWARE_UNAVAILABLE" }),
      );
      virtual.board.clearFaults("line-missing", undefined);
      client.take("power-good-0", sense);
    });

    it("ties a stuck line down, so that a press never reaches the host", () => {
      railsUp();
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

  it("debounces like the kernel: the wait starts anew at every change, and a level that comes back is no edge", () => {
    client.release("power-good-0");
    client.take("power-good-0", { direction: "input", active: "high", debounce: ms(10) });
    const stick = (level: "low" | "high"): void =>
      virtual.board.setFault({ kind: "line-stuck", line: "power-good-0", level });
    stick("high");
    virtual.wait(5);
    stick("low");
    virtual.wait(3);
    stick("high");
    const at = virtual.now;
    virtual.wait(9);
    expect(client.get("power-good-0")).toBe(0);
    expect(client.edges).toEqual([]);
    virtual.wait(100);
    stick("low");
    virtual.wait(5);
    stick("high");
    virtual.wait(100);
    expect(client.edges).toEqual([{ line: "power-good-0", level: 1, at: at + 10, sequence: 1 }]);
    expect(client.get("power-good-0")).toBe(1);
  });

  it("journals each hazard when it is found", () => {
    client.set("reset-button-0", 1);
    virtual.wait(1_500);
    const found = virtual.entries().findLast(({ type }) => type === "hazard");
    expect(found).toMatchObject({ code: "asserted-too-long", line: "reset-button-0", component: "host.0" });
    expect(virtual.board.hazards(false)).toMatchObject({
      hazards: [{}],
      pending: [{ code: "unrequested-reset" }],
      omitted: 0,
    });
    expect(virtual.board.hazards(true).hazards).toHaveLength(2);
    expect(virtual.entries().filter(({ type }) => type === "hazard")).toHaveLength(2);
  });

  it("keeps a bounded journal and reports no more hazards than fit a frame", () => {
    virtual = new VirtualBoard(shippedBoard, 1_000);
    client = virtual.client();
    client.take("reset-button-0", button);
    for (let round = 0; round < 1_000; round++) client.pulse("reset-button-0", 10);
    expect(virtual.entries().length).toBeLessThanOrEqual(1_100);
    const report = virtual.board.hazards(true);
    expect(report.omitted).toBe(1_000 - report.hazards.length);
    expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThan(60_000);
    const { entries, last } = virtual.board.page(0);
    expect(Buffer.byteLength(JSON.stringify(entries))).toBeLessThan(60_000);
    expect(entries.length).toBeGreaterThan(100);
    expect(virtual.board.page(last).entries).toEqual([]);
  });
});
