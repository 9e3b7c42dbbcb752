import { milliseconds } from "@busbar/contracts";
import type { JournalEntry } from "@busbar/hardware";
import { beforeEach, describe, expect, it } from "vitest";
import type { BoardConfig } from "./config.ts";
import { button, rail, sense, shippedBoard, VirtualBoard, type VirtualClient } from "./testing/virtual-board.ts";

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
    client.takeAll();
  };
  const since = (seq: number): string[] =>
    virtual
      .entries()
      .filter((entry) => entry.seq > seq)
      .map(told);

  beforeEach(() => start());

  it("carries a press from the pin through the plant to power-good, each stamped when it happened", () => {
    client.raiseRails();
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
    client.runHost();
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
    client.runHost();
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
    client.runHost();
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
    client.runHost();
    client.release("chassis-enable");
    client.take("chassis-enable", sense);
    expect(virtual.wire("chassis-enable")).toBe("low");
    expect(virtual.board.hazards(true).hazards).toMatchObject([{ code: "rail-dropped" }]);
  });

  describe("when a client dies", () => {
    it("keeps the level of its lines and frees them", () => {
      client.runHost();
      client.set("power-button-0", 1);
      client.die();
      expect(virtual.wire("power-button-0")).toBe("low");
      expect(virtual.wire("chassis-enable")).toBe("high");
      const heir = virtual.client("heir");
      heir.take("chassis-enable", rail);
      expect(heir.get("chassis-enable")).toBe(1);
    });

    it("lets go of an asserted button when the momentary lines are released, and of nothing else", () => {
      client.runHost();
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
      client.runHost();
      client.set("power-button-1", 1);
      client.die();
      expect(virtual.wire("power-button-1")).toBe("high");
      expect(virtual.wire("chassis-enable")).toBe("low");
      expect(virtual.host("host.0").power).toBe("off");
    });
  });

  describe("at its front panel", () => {
    it("takes a human's press for a press, and for no hazard", () => {
      client.raiseRails();
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
      client.runHost();
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
      client.runHost();
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
