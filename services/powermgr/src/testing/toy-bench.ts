import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DomainControl } from "@busbar/backend";
import {
  type Action,
  BusbarError,
  type ComponentName,
  componentName,
  milliseconds,
  type Verb,
} from "@busbar/contracts";
import { createLog, systemClock } from "@busbar/daemon";
import { DomainGraph, type Policies, type PowerDomain, usualPolicies } from "@busbar/platform";
import type { Interlock } from "../interlocks/interlock.ts";
import { PowerEngine } from "../operations/engine.ts";
import { isFinal, type Operation, type PowerRequest } from "../operations/operation.ts";
import type { PlanView } from "../operations/plan.ts";
import { Journal } from "../store/journal.ts";
import { ToyHost, ToyRail } from "./toy-control.ts";

const never = new Promise<never>(() => {});

/** The same control, as long as the process lives that acts through it. */
function whileAlive(control: ToyHost | ToyRail, life: { readonly isAlive: boolean }): DomainControl {
  const alive =
    <Given extends readonly unknown[], Result>(act: (...given: Given) => Promise<Result>) =>
    async (...given: Given): Promise<Result> => {
      const result = await (life.isAlive ? act(...given) : never);
      return life.isAlive ? result : never;
    };
  const { sense } = control;
  const shared = {
    sense: { read: alive(sense.read), readStable: alive(sense.readStable), onChange: sense.onChange },
    unavailable: () => control.unavailable(),
    onAvailability: () => control.onAvailability(),
    close: () => control.close(),
  };
  if (control instanceof ToyRail) return { ...shared, rail: { line: control.rail.line, set: alive(control.rail.set) } };
  const { powerButton, resetButton, evidence } = control;
  return {
    ...shared,
    powerButton: {
      line: powerButton.line,
      press: alive(() => powerButton.press()),
      hold: alive((release: AbortSignal) => powerButton.hold(release)),
    },
    resetButton: { line: resetButton.line, press: alive(resetButton.press) },
    ...(evidence && { evidence: alive(evidence) }),
  };
}

type Changes = { readonly [Section in keyof Policies]?: Partial<Policies[Section]> };

export interface BenchOptions {
  /** Hosts of each chassis. */
  readonly hosts: readonly number[];
  readonly powerGoodMs?: number;
}

/** Toy chassis and toy hosts under an engine with a journal of its own. A rail that goes off takes its hosts with it. */
export class ToyBench {
  readonly hosts = new Map<ComponentName, ToyHost>();
  readonly rails = new Map<ComponentName, ToyRail>();
  readonly view: PlanView;
  readonly interlocks: Interlock[] = [];
  policies: Policies = usualPolicies;
  #directory = mkdtempSync(join(tmpdir(), "bench-"));
  #journal: Journal | undefined;
  #engine: PowerEngine | undefined;
  #count = 0;
  /** False once the process that the engine stands for has died: its calls reach no hardware any more. */
  #life = { isAlive: true };

  constructor({ hosts, powerGoodMs = 500 }: BenchOptions) {
    const edges = new Map<ComponentName, readonly ComponentName[]>();
    for (const [index, count] of hosts.entries()) {
      const chassis = componentName(`chassis.${index}`);
      const rail = new ToyRail("on");
      this.rails.set(chassis, rail);
      edges.set(chassis, []);
      for (let i = 0; i < count; i += 1) {
        const host = new ToyHost();
        const name = componentName(`host.${this.hosts.size}`);
        this.hosts.set(name, host);
        edges.set(name, [chassis]);
        rail.sense.onChange((power) => {
          if (power === "off") host.change("off");
        });
      }
    }
    const ms = milliseconds(powerGoodMs);
    const timing = { powerGood: ms, minimumOff: milliseconds(0), gracefulOff: ms, operation: ms };
    this.view = {
      graph: new DomainGraph(edges),
      domain: (name): Pick<PowerDomain, "backend" | "timing" | "sequence"> => ({
        backend: this.hosts.has(name)
          ? ({ type: "gpio-buttons" } as PowerDomain["backend"])
          : { type: "gpio-rail", enable: "enable" },
        timing,
        sequence: { onDelay: milliseconds(0), offDelay: milliseconds(0) },
      }),
      power: (name) => this.control(name).power,
      offFor: () => undefined,
    };
    this.change({ sequencing: { startupDelay: milliseconds(0), shutdownDelay: milliseconds(0) } });
  }

  /** Policies as they are from now on. */
  change(changes: Changes): void {
    const sections = Object.entries(this.policies).map(([name, section]) => [
      name,
      { ...section, ...changes[name as keyof Policies] },
    ]);
    this.policies = Object.fromEntries(sections) as Policies;
  }

  get engine(): PowerEngine {
    if (this.#engine) return this.#engine;
    throw new Error("the bench is not started");
  }

  get journal(): Journal {
    if (this.#journal) return this.#journal;
    throw new Error("the bench is not started");
  }

  host(index: number): ToyHost {
    const host = this.hosts.get(componentName(`host.${index}`));
    if (host) return host;
    throw new Error(`the bench has no host.${index}`);
  }

  rail(index: number): ToyRail {
    const rail = this.rails.get(componentName(`chassis.${index}`));
    if (rail) return rail;
    throw new Error(`the bench has no chassis.${index}`);
  }

  control(name: ComponentName): ToyHost | ToyRail {
    const control = this.hosts.get(name) ?? this.rails.get(name);
    if (control) return control;
    throw new Error(`the bench has no ${name}`);
  }

  /** A new engine on the journal as it is on the disk. */
  async start(): Promise<void> {
    this.#journal = await Journal.open({
      directory: this.#directory,
      retainOperations: 1_000,
      retainEvents: 100,
      compactAboveBytes: 1e9,
      onFailure: () => {},
      onRecovered: () => {},
    });
    const life = { isAlive: true };
    this.#life = life;
    const controls = [...this.hosts, ...this.rails].map(([name, control]): [ComponentName, DomainControl] => [
      name,
      whileAlive(control, life),
    ]);
    this.#engine = new PowerEngine({
      controls: new Map(controls),
      view: this.view,
      journal: this.#journal,
      interlocks: this.interlocks,
      policies: () => this.policies,
      clock: systemClock(),
      log: createLog({ name: "test", level: "silent" }),
      queueLimit: 64,
    });
  }

  /** Ends the engine in good order; what it had begun is left to the next one. */
  async stop(): Promise<void> {
    await this.engine.stop();
    await this.journal.close();
  }

  /** A kill: what the engine is in the middle of never comes back, and a new one starts. */
  async crash(): Promise<void> {
    this.#life.isAlive = false;
    await this.journal.close();
    await this.start();
    this.engine.recover();
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true });
  }

  submit(verb: Verb, component: string, more: Partial<PowerRequest> = {}): Operation {
    this.#count += 1;
    return this.engine.submit({
      id: `op-${this.#count}`,
      component: componentName(component),
      verb,
      action: `HOST_ACTION_${verb}` as Action,
      actor: "test",
      source: "statemgr",
      timeout: milliseconds(20_000),
      ...more,
    });
  }

  /** Resolves when the operation has ended. */
  ended(operation: Operation): Promise<Operation> {
    if (isFinal(operation.state)) return Promise.resolve(operation);
    const { engine } = this;
    const before = engine.onEnd;
    return new Promise((resolve) => {
      engine.onEnd = (components, id) => {
        before(components, id);
        if (id === operation.id) resolve(operation);
      };
    });
  }

  run(verb: Verb, component: string, more: Partial<PowerRequest> = {}): Promise<Operation> {
    return this.ended(this.submit(verb, component, more));
  }

  /** What a request is refused with. */
  refusal(verb: Verb, component: string, more: Partial<PowerRequest> = {}): BusbarError | undefined {
    try {
      this.submit(verb, component, more);
    } catch (error) {
      if (error instanceof BusbarError) return error;
      throw error;
    }
    return undefined;
  }

  /** Everything that waits for the disk waits until the returned function is called. */
  stallDisk(): () => void {
    let go = () => {};
    const stalled = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { journal } = this;
    const { intent, outcome } = journal;
    journal.intent = async (...record) => {
      await stalled;
      await intent.apply(journal, record);
    };
    journal.outcome = async (...record) => {
      await stalled;
      await outcome.apply(journal, record);
    };
    return go;
  }
}
