import type { LineState } from "@busbar/backend";
import { milliseconds } from "@busbar/contracts";
import type { Edge, GpioLine, Level } from "@busbar/hardware";
import { beforeEach, describe, expect, it } from "vitest";
import { InputSignal, type SignalLine } from "./input-signal.ts";
import { combineStandby, standbySense } from "./standby.ts";

/** A held line whose edges the test makes. */
class ToyLine implements SignalLine {
  readonly name = "panel-power-0";
  missing: string | undefined;
  level: Level = 0;
  #sequence = 0;
  #edges = new Set<(edge: Edge) => void>();
  #changes = new Set<() => void>();

  use(): GpioLine {
    const never = () => () => {};
    return {
      name: this.name,
      get: async () => this.level,
      set: async () => {},
      onEdge: never,
      onLost: never,
      release: async () => {},
    };
  }

  onEdge(listener: (edge: Edge) => void): () => void {
    this.#edges.add(listener);
    return () => this.#edges.delete(listener);
  }

  onAvailability(listener: () => void): () => void {
    this.#changes.add(listener);
    return () => this.#changes.delete(listener);
  }

  edge(level: Level, at: number, { lost = 0 } = {}): void {
    this.level = level;
    this.#sequence += 1 + lost;
    for (const listener of this.#edges) listener({ level, at: milliseconds(at), sequence: this.#sequence });
  }

  lose(): void {
    this.missing = "gone";
    for (const listener of this.#changes) listener();
  }

  comeBack(level: Level): void {
    this.missing = undefined;
    this.level = level;
    this.#sequence = 0;
    for (const listener of this.#changes) listener();
  }
}

let line: ToyLine;
let isOurs: boolean;
let signal: InputSignal;
let told: [LineState, number | undefined][];

beforeEach(async () => {
  line = new ToyLine();
  isOurs = false;
  signal = new InputSignal(line, () => isOurs);
  told = [];
  signal.onChange((state, at) => told.push([state, at]));
  await signal.look();
});

/** Everything that was started by what happened before. */
const settled = () => new Promise(setImmediate);

describe("a signal", () => {
  it("tells every change with the time of its edge", async () => {
    line.edge(1, 100);
    line.edge(0, 250);
    expect(told).toEqual([
      ["inactive", undefined],
      ["active", 100],
      ["inactive", 250],
    ]);
    expect(await signal.read()).toBe("inactive");
  });

  it("is unknown while its line is gone, and read anew when it is back", async () => {
    line.lose();
    expect(await signal.read()).toBe("unknown");
    line.comeBack(1);
    await settled();
    line.edge(0, 900);
    expect(told.slice(1)).toEqual([
      ["unknown", undefined],
      ["active", undefined],
      ["inactive", 900],
    ]);
  });

  it("doesn't make one press of two when edges were lost", async () => {
    line.edge(1, 100);
    line.edge(0, 5_000, { lost: 2 });
    await settled();
    expect(told.slice(1)).toEqual([
      ["active", 100],
      ["unknown", undefined],
      ["inactive", undefined],
    ]);
  });

  it("leaves out what we press ourselves", () => {
    isOurs = true;
    line.edge(1, 100);
    isOurs = false;
    line.edge(0, 300);
    line.edge(1, 400);
    expect(told.slice(1)).toEqual([["active", 400]]);
  });

  it("is silent once it is closed", () => {
    signal.close();
    line.edge(1, 100);
    expect(told).toHaveLength(1);
  });
});

describe("standby", () => {
  it.each([
    [["active", "active"], "good"],
    [["active", "inactive"], "missing"],
    [["unknown", "inactive"], "missing"],
    [["unknown", "active"], "unknown"],
  ] as const)("whose lines are %j is %s", (states, standby) => {
    expect(combineStandby(states)).toBe(standby);
  });

  it("tells when it goes and when it is back", async () => {
    const standby = standbySense([signal]);
    const changes: string[] = [];
    const end = standby.onChange((now) => changes.push(now));
    line.edge(1, 10);
    await settled();
    line.edge(0, 20);
    await settled();
    end();
    line.edge(1, 30);
    await settled();
    expect(changes).toEqual(["good", "missing"]);
    expect(await standby.read()).toBe("good");
  });
});
