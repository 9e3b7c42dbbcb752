import { BusbarError, type ComponentName, type Milliseconds } from "@busbar/contracts";
import type {
  BoardSnapshot,
  Effect,
  Fault,
  FaultKind,
  HazardReport,
  JournalEntry,
  JournalEvent,
  JournalPage,
  Level,
  LineRequest,
  Mains,
} from "@busbar/hardware";
import type { Clock } from "./clock.ts";
import { type BoardConfig, lineDefinitions, type WireConfig } from "./config.ts";
import { FaultSet, targetOf } from "./faults.ts";
import { fitting } from "./fit.ts";
import { Journal } from "./journal.ts";
import { Judge } from "./judge/judge.ts";
import { flipped, type LineOwner, Lines, type WireChange } from "./lines.ts";
import { notOnBoard } from "./not-on-board.ts";
import { Panel } from "./panel.ts";
import { BmcPlant } from "./plant/bmc.ts";
import { type ChassisEffect, ChassisPlant } from "./plant/chassis.ts";
import { type HostEffect, HostPlant } from "./plant/host.ts";
import { Sense } from "./sense.ts";
import { advanceTogether, earliest, type Timed } from "./timed.ts";

export interface BoardOptions {
  readonly config: BoardConfig;
  readonly clock: Clock;
  /** Wall time of the start, ISO 8601. */
  readonly wall: string;
  /** Journal entries kept in memory. */
  readonly journalLimit: number;
  /** The board must be woken (`wake`) at this time, unless another deadline is told before. */
  readonly deadlineChanged: (deadline: Milliseconds | undefined) => void;
}

/**
 * The board without its socket: wires, plant, judge and journal. Every method is one turn: it first lets happen what
 * was due, then acts, stamps and journals at once, then lets happen what follows without delay.
 */
export class Board {
  readonly #config: BoardConfig;
  readonly #clock: Clock;
  readonly #deadlineChanged: (deadline: Milliseconds | undefined) => void;
  readonly #journal: Journal;
  readonly #judge: Judge;
  readonly #lines: Lines;
  readonly #panel: Panel;
  readonly #faults = new FaultSet();
  readonly #hosts: ReadonlyMap<ComponentName, HostPlant>;
  readonly #chassis: ReadonlyMap<ComponentName, ChassisPlant>;
  readonly #bmcs: ReadonlyMap<ComponentName, BmcPlant>;
  readonly #senses: ReadonlyMap<ComponentName, Sense>;
  readonly #inputs: ReadonlyMap<string, (isAsserted: boolean, at: Milliseconds) => void>;
  readonly #timed: readonly Timed[];
  readonly #appended = new Set<() => void>();
  #mains: Mains = { state: "good", standby: "good" };
  #isLatched = false;

  constructor({ config, clock, wall, journalLimit, deadlineChanged }: BoardOptions) {
    this.#config = config;
    this.#clock = clock;
    this.#deadlineChanged = deadlineChanged;
    this.#journal = new Journal(journalLimit, () => {
      for (const listener of this.#appended) listener();
    });
    this.#judge = new Judge(config, (hazard, at) => this.#journal.append({ type: "hazard", at, ...hazard }));
    this.#lines = new Lines(lineDefinitions(config), (change) => this.#wireChanged(change));
    this.#panel = new Panel(config.hosts, this.#lines);

    this.#hosts = new Map(
      config.hosts.map(({ component, model }) => [
        component,
        new HostPlant(model, this.#faults.of(component), (effect) => this.#hostDid(component, effect)),
      ]),
    );
    this.#chassis = new Map(
      config.chassis.map(({ component, model }) => [
        component,
        new ChassisPlant(model, this.#faults.of(component), (effect) => this.#chassisDid(component, effect)),
      ]),
    );
    this.#bmcs = new Map(
      config.bmcs.map(({ component, model }) => [
        component,
        new BmcPlant(model, (at) => this.#log({ type: "reset", at, component })),
      ]),
    );
    this.#senses = new Map(
      [...config.hosts, ...config.chassis].map(({ component, powerGood }) => [
        component,
        this.#sense(component, powerGood),
      ]),
    );
    this.#inputs = new Map(this.#wiring());
    // The judge comes last: at equal times it must have seen what the plant made of it.
    this.#timed = [
      this.#panel,
      ...this.#chassis.values(),
      ...this.#hosts.values(),
      ...this.#bmcs.values(),
      ...this.#senses.values(),
      this.#lines,
      this.#judge,
    ];
    this.#log({ type: "start", at: clock(), board: config.name, wall });
    this.#showStandby(clock());
  }

  get name(): string {
    return this.#config.name;
  }

  /** Lets happen what is due. */
  wake(): void {
    this.#turn(() => {});
  }

  connected(client: string): void {
    this.#turn((at) => this.#log({ type: "client", at, client, what: "connected" }));
  }

  /** The client is gone, in peace or not; lines that it still held are abandoned. */
  disconnected(owner: LineOwner): void {
    this.#turn((at) => {
      for (const line of this.#lines.abandon(owner, this.#config.onDisconnect, at)) {
        this.#log({ type: "line", at, line, client: owner.name, what: "lost" });
      }
      this.#log({ type: "client", at, client: owner.name, what: "gone" });
    });
  }

  requestLine(owner: LineOwner, line: string, request: LineRequest): void {
    this.#turn((at) => {
      if (this.#mains.standby === "lost") {
        throw new BusbarError("HARDWARE_UNAVAILABLE", `${line}: the BMC's pins have no supply`, {
          component: line,
          reason: "standby-lost",
          remedy: "restore the mains",
        });
      }
      this.#lines.request(owner, line, request, at);
      this.#log({ type: "line", at, line, client: owner.name, what: "requested" });
    });
  }

  getLine(owner: LineOwner, line: string): Level {
    return this.#turn(() => this.#lines.get(owner, line));
  }

  setLine(owner: LineOwner, line: string, level: Level): void {
    this.#turn((at) => this.#lines.set(owner, line, level, at));
  }

  releaseLine(owner: LineOwner, line: string): void {
    this.#turn((at) => {
      this.#lines.release(owner, line, at);
      this.#log({ type: "line", at, line, client: owner.name, what: "released" });
    });
  }

  snapshot(): BoardSnapshot {
    return this.#turn((at) => ({
      board: this.#config.name,
      at,
      seq: this.#journal.last,
      mains: this.#mains.state,
      standby: this.#mains.standby,
      latch: this.#isLatched,
      hosts: this.#config.hosts.flatMap(({ component, chassis }) => {
        const host = this.#hosts.get(component);
        return host === undefined ? [] : [{ component, chassis, ...host.state }];
      }),
      chassis: [...this.#chassis].map(([component, { state }]) => ({ component, ...state })),
      bmcs: [...this.#bmcs].map(([component, { resets }]) => ({ component, resets })),
      lines: this.#lines.state(),
    }));
  }

  page(after: number): JournalPage {
    return this.#turn(() => this.#journal.page(after));
  }

  /** Called after each new entry, in the middle of a turn: only read then. Returns the unsubscriber. */
  onAppended(listener: () => void): () => void {
    this.#appended.add(listener);
    return () => this.#appended.delete(listener);
  }

  /** The oldest kept entry after number `seq`. */
  entryAfter(seq: number): JournalEntry | undefined {
    return this.#journal.next(seq);
  }

  hazards(isFinal: boolean): HazardReport {
    return this.#turn((at) => {
      const { hazards, pending } = this.#judge.verdict(at, isFinal);
      const all = fitting([...hazards, ...pending]);
      return {
        hazards: all.slice(0, hazards.length),
        pending: all.slice(hazards.length),
        omitted: hazards.length + pending.length - all.length,
      };
    });
  }

  intent(operation: string, component: ComponentName, effect: Effect): void {
    this.#turn((at) => {
      if (!this.#hosts.has(component) && !this.#chassis.has(component) && !this.#bmcs.has(component)) {
        throw notOnBoard(component);
      }
      this.#log({ type: "intent", at, operation, component, effect });
    });
  }

  intentOver(operation: string): void {
    this.#turn((at) => this.#log({ type: "intent-over", at, operation }));
  }

  latch(on: boolean): void {
    this.#turn((at) => {
      this.#isLatched = on;
      this.#log({ type: "latch", at, on });
    });
  }

  setFault(fault: Fault): void {
    this.#turn((at) => {
      this.#checkTarget(fault);
      this.#log({ type: "fault", at, what: "set", fault });
      if (fault.kind === "trip") this.#hosts.get(fault.component)?.trip(at);
      else if (fault.kind === "os-poweroff") this.#hosts.get(fault.component)?.osPoweroff(at);
      else {
        this.#faults.add(fault);
        this.#distort(fault, at);
      }
    });
  }

  clearFaults(kind: FaultKind | undefined, target: string | undefined): number {
    return this.#turn((at) => {
      const cleared = this.#faults.remove(kind, target);
      for (const fault of cleared) {
        this.#log({ type: "fault", at, what: "cleared", fault });
        this.#restore(fault, at);
      }
      return cleared.length;
    });
  }

  faults(): readonly Fault[] {
    return this.#turn(() => this.#faults.all());
  }

  pressButton(line: string, duration: Milliseconds): void {
    this.#turn((at) => {
      if (this.#lines.find(line)?.role !== "button" && !this.#panel.has(line)) throw notOnBoard(line);
      this.#panel.press(line, duration, at);
    });
  }

  mains(mains: Mains): void {
    this.#turn((at) => {
      const hadStandby = this.#mains.standby === "good";
      this.#mains = mains;
      this.#log({ type: "mains", at, ...mains });
      for (const chassis of this.#chassis.values()) chassis.mains(mains.state === "good", at);
      this.#showStandby(at);
      if (mains.standby === "good" || !hadStandby) return;
      for (const { line } of this.#lines.state()) this.#loseLine(line, "the BMC's pins lost their supply", at);
      this.#lines.unpower(at);
    });
  }

  /**
   * Also lines that still have a holder: after a kill, the end of the dead client's connection and this request can
   * come in either order.
   */
  releaseMomentary(by: string): readonly string[] {
    return this.#turn((at) => this.#lines.releaseButtons(by, at));
  }

  #turn<T>(act: (at: Milliseconds) => T): T {
    const at = this.#clock();
    advanceTogether(this.#timed, at);
    try {
      return act(at);
    } finally {
      advanceTogether(this.#timed, at);
      this.#deadlineChanged(earliest(this.#timed.map(({ deadline }) => deadline)));
    }
  }

  #log(event: JournalEvent): void {
    this.#journal.append(event);
    this.#judge.see(event);
  }

  #wireChanged({ line, wire, isAsserted, by, at }: WireChange): void {
    this.#log({ type: "edge", at, line: line.name, wire, asserted: isAsserted, by });
    this.#inputs.get(line.name)?.(isAsserted, at);
  }

  *#wiring(): Generator<[line: string, follow: (isAsserted: boolean, at: Milliseconds) => void]> {
    for (const { component, powerButton, resetButton } of this.#config.hosts) {
      const host = this.#hosts.get(component);
      yield [powerButton.line, (isAsserted, at) => host?.button(isAsserted, at)];
      if (resetButton !== undefined) yield [resetButton.line, (isAsserted, at) => host?.resetButton(isAsserted, at)];
    }
    for (const { component, enable } of this.#config.chassis) {
      yield [enable.line, (isAsserted, at) => this.#chassis.get(component)?.enable(isAsserted, at)];
    }
    for (const { component, resetLine } of this.#config.bmcs) {
      yield [resetLine.line, (isAsserted, at) => this.#bmcs.get(component)?.reset(isAsserted, at)];
    }
  }

  #showStandby(at: Milliseconds): void {
    for (const { standbyGood: good } of this.#config.chassis) {
      if (good === undefined) continue;
      this.#lines.sense(good.line, this.#mains.standby === "good" ? good.active : flipped(good.active), at);
    }
  }

  #sense(component: ComponentName, { line, active }: WireConfig): Sense {
    const ended = (at: Milliseconds): void => {
      for (const fault of this.#faults.remove("power-good-glitch", component)) {
        this.#log({ type: "fault", at, what: "cleared", fault });
      }
    };
    return new Sense(active, (wire, at) => this.#lines.sense(line, wire, at), ended);
  }

  #hostDid(component: ComponentName, effect: HostEffect): void {
    switch (effect.type) {
      case "power":
      case "os":
      case "reset":
        this.#log({ component, ...effect });
        return;
      case "good":
        this.#senses.get(component)?.good(effect.isGood, effect.at);
        return;
    }
  }

  #chassisDid(component: ComponentName, effect: ChassisEffect): void {
    switch (effect.type) {
      case "power":
        this.#log({ component, ...effect });
        return;
      case "rails":
        for (const host of this.#config.hosts) {
          if (host.chassis === component) this.#hosts.get(host.component)?.rail(effect.areUp, effect.at);
        }
        return;
      case "good":
        this.#senses.get(component)?.good(effect.isGood, effect.at);
        return;
    }
  }

  #checkTarget(fault: Fault): void {
    const target = targetOf(fault);
    const isThere =
      "line" in fault
        ? this.#lines.find(target) !== undefined
        : fault.kind.startsWith("power-good-")
          ? this.#senses.has(fault.component)
          : this.#hosts.has(fault.component);
    if (!isThere) throw notOnBoard(target, `for ${fault.kind}`);
  }

  /** The faults that change a level now. The others are asked when it matters. */
  #distort(fault: Fault, at: Milliseconds): void {
    if (fault.kind === "power-good-stuck") this.#senses.get(fault.component)?.stick(fault.level, at);
    else if (fault.kind === "power-good-glitch") this.#senses.get(fault.component)?.glitch(fault.duration, at);
    else if (fault.kind === "line-stuck") this.#lines.stick(fault.line, fault.level, at);
    else if (fault.kind === "line-missing") {
      this.#lines.setMissing(fault.line, true);
      this.#loseLine(fault.line, "the line is gone", at);
    }
  }

  #restore(fault: Fault, at: Milliseconds): void {
    if (fault.kind === "power-good-stuck") this.#senses.get(fault.component)?.stick(undefined, at);
    else if (fault.kind === "power-good-glitch") this.#senses.get(fault.component)?.endGlitch(at);
    else if (fault.kind === "line-stuck") this.#lines.stick(fault.line, undefined, at);
    else if (fault.kind === "line-missing") this.#lines.setMissing(fault.line, false);
  }

  #loseLine(line: string, reason: string, at: Milliseconds): void {
    const client = this.#lines.takeAway(line, reason);
    if (client !== undefined) this.#log({ type: "line", at, line, client, what: "lost" });
  }
}
