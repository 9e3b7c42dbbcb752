import { setTimeout as sleep } from "node:timers/promises";
import { BusbarError, type ComponentName, isOffVerb, milliseconds, type Verb } from "@busbar/contracts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ToyBench } from "../testing/toy-bench.ts";
import { isFinal } from "./operation.ts";

// Anything, in any order: requests, aborts, kills, faults. Whatever comes of them, what must never be never is.

const hostCount = 8;
const spacingMs = 5;
const concurrent = 2;

type Command =
  | { readonly kind: "ask"; readonly verb: Verb; readonly component: string }
  | { readonly kind: "again"; readonly pick: number }
  | { readonly kind: "abort"; readonly pick: number }
  | { readonly kind: "kill" }
  | { readonly kind: "restart" }
  | { readonly kind: "slow" | "deaf" | "loses-sight" | "heals"; readonly host: number }
  /** Somebody presses it at the front panel. */
  | { readonly kind: "person"; readonly host: number }
  | { readonly kind: "trips"; readonly rail: number }
  | { readonly kind: "rail-fails"; readonly rail: number; readonly times: number }
  | { readonly kind: "wait"; readonly ms: number };

const hostIndex = fc.nat({ max: hostCount - 1 });
const component = fc.oneof(
  { weight: 4, arbitrary: hostIndex.map((index) => `host.${index}`) },
  { weight: 1, arbitrary: fc.constantFrom("chassis.0", "chassis.1") },
);
const verb = fc.oneof(
  { weight: 16, arbitrary: fc.constant<Verb>("on") },
  { weight: 12, arbitrary: fc.constantFrom<Verb>("off", "reset") },
  // A cycle lasts more than 2 s.
  { weight: 1, arbitrary: fc.constantFrom<Verb>("cycle") },
  { weight: 4, arbitrary: fc.constantFrom<Verb>("force-off", "emergency-off") },
);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("ask" as const), verb, component }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("again" as const), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("abort" as const), pick: fc.nat() }) },
  { weight: 3, arbitrary: fc.constant<Command>({ kind: "kill" }) },
  { weight: 1, arbitrary: fc.constant<Command>({ kind: "restart" }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "slow" as const,
        "slow" as const,
        "deaf" as const,
        "loses-sight" as const,
        "heals" as const,
        "person" as const,
      ),
      host: hostIndex,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("trips" as const), rail: fc.nat({ max: 1 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("rail-fails" as const),
      rail: fc.nat({ max: 1 }),
      times: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 15 }) }) },
);

/** Watches the hardware, and knows nothing of the engine but what was asked of it. */
class Judge {
  readonly hazards: string[] = [];
  readonly acts = new Map<string, number>();
  readonly asserted = new Set<ComponentName>();
  /** Whose power may be cut without asking. */
  readonly cut = new Set<ComponentName>();
  /** What goes off now, goes off by itself. */
  isTripping = false;
  #lastStart = Number.NEGATIVE_INFINITY;
  #underWay = new Set<string>();
  #bench: ToyBench;

  constructor(bench: ToyBench) {
    this.#bench = bench;
    for (const [name, host] of bench.hosts) host.onLine = (act, asserted) => this.#button(name, act, asserted);
    for (const [name, rail] of bench.rails) {
      rail.sense.onChange((power) => {
        if (power === "off") this.#dropped(name);
      });
    }
  }

  /** Follows a new engine. */
  follow(): void {
    const { engine, journal } = this.#bench;
    this.#underWay.clear();
    // The boot clock of the journal, by which the last start is remembered, counts in hundredths of a second.
    this.#lastStart -= 20;
    engine.onStart = (_, id) => {
      const { verb: asked } = journal.operations.get(id) ?? {};
      if (asked !== undefined && !isOffVerb(asked)) this.#underWay.add(id);
      if (this.#underWay.size > concurrent) this.hazards.push(`${this.#underWay.size} operations under way`);
    };
    engine.onEnd = (_, id) => this.#underWay.delete(id);
  }

  #button(name: ComponentName, act: string, asserted: boolean): void {
    if (!asserted) {
      this.asserted.delete(name);
      return;
    }
    if (this.asserted.has(name)) this.hazards.push(`${act} of ${name} during another act`);
    this.asserted.add(name);
    this.acts.set(`${act} ${name}`, (this.acts.get(`${act} ${name}`) ?? 0) + 1);
    if (act === "press" && this.#bench.control(name).power === "off") this.#started(name);
  }

  #started(name: ComponentName): void {
    const now = performance.now();
    if (now - this.#lastStart < spacingMs - 1) this.hazards.push(`${name} started too soon after another host`);
    this.#lastStart = now;
    for (const rail of this.#bench.view.graph.dependencies(name))
      if (this.#bench.control(rail).power !== "on") this.hazards.push(`${name} pressed on without its rail`);
  }

  #dropped(rail: ComponentName): void {
    if (this.isTripping || this.cut.has(rail)) return;
    for (const name of this.#bench.view.graph.dependents(rail))
      if (this.#bench.control(name).power !== "off") this.hazards.push(`${rail} dropped under ${name}`);
  }
}

const isFed = (bench: ToyBench, host: number) => bench.rail(host < hostCount / 2 ? 0 : 1).power === "on";

async function run(bench: ToyBench, judge: Judge, commands: readonly Command[]): Promise<void> {
  const ids: string[] = [];
  const picked = (pick: number) => ids[pick % Math.max(1, ids.length)];
  for (const each of commands) {
    switch (each.kind) {
      case "ask": {
        if (each.verb === "force-off" || each.verb === "emergency-off") judge.cut.add(each.component as ComponentName);
        bench.refusal(each.verb, each.component, { id: `id-${ids.length}`, timeout: milliseconds(5_000) });
        ids.push(`id-${ids.length}`);
        break;
      }
      case "again": {
        const known = bench.journal.operations.get(picked(each.pick) ?? "");
        if (known) bench.refusal(known.verb, known.component, { id: known.id });
        break;
      }
      case "abort":
        try {
          bench.engine.abort(picked(each.pick) ?? "", { actor: "model", reason: "" });
        } catch (error) {
          if (!(error instanceof BusbarError)) throw error;
        }
        break;
      case "kill":
        await bench.crash();
        judge.follow();
        break;
      case "restart":
        await bench.stop();
        await bench.start();
        judge.follow();
        bench.engine.recover();
        break;
      case "slow":
        bench.host(each.host).riseMs = 60;
        break;
      case "deaf":
        bench.host(each.host).ignoresButton = true;
        break;
      case "loses-sight":
        bench.host(each.host).change("unknown");
        break;
      case "heals": {
        const host = bench.host(each.host);
        Object.assign(host, { riseMs: 5, ignoresButton: false });
        if (host.power === "unknown") host.change("off");
        break;
      }
      case "person":
        if (bench.host(each.host).power === "off" && isFed(bench, each.host)) bench.host(each.host).change("on");
        break;
      case "trips":
        judge.isTripping = true;
        bench.rail(each.rail).change("off");
        judge.isTripping = false;
        break;
      case "rail-fails":
        bench.rail(each.rail).failures = each.times;
        break;
      case "wait":
        await sleep(each.ms);
        break;
      default:
        each satisfies never;
    }
  }
}

it("no toggle is made twice, every operation ends, no line stays asserted, nothing is cut or started as it must not be", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 40 }), async (commands) => {
      const bench = new ToyBench({ hosts: [hostCount / 2, hostCount / 2], powerGoodMs: 40 });
      bench.change({
        safety: { maxConcurrentOperations: concurrent },
        sequencing: { startupDelay: milliseconds(spacingMs), shutdownDelay: milliseconds(spacingMs) },
      });
      const judge = new Judge(bench);
      await bench.start();
      judge.follow();
      for (const host of bench.hosts.values()) host.pulseMs = 4;
      try {
        await run(bench, judge, commands);
        const open = () => [...bench.journal.operations.values()].filter(({ state }) => !isFinal(state));
        await expect.poll(() => open().map(({ id, state }) => `${id} ${state}`), { timeout: 20_000 }).toEqual([]);
        await expect.poll(() => [...judge.asserted], { timeout: 5_000 }).toEqual([]);
        expect(judge.hazards).toEqual([]);
        // Each press, hold and reset of the hardware is a step of its own in the journal that may have been made.
        const recorded = new Map<string, number>();
        for (const { steps } of bench.journal.operations.values())
          for (const { kind, component: name, outcome } of steps)
            if (outcome === undefined || outcome === "done")
              recorded.set(`${kind} ${name}`, (recorded.get(`${kind} ${name}`) ?? 0) + 1);
        for (const [act, times] of judge.acts) expect(recorded.get(act) ?? 0, act).toBeGreaterThanOrEqual(times);
      } finally {
        await bench.close();
      }
    }),
    { numRuns: Number(process.env.MODEL_RUNS ?? 20) },
  );
}, 240_000);
