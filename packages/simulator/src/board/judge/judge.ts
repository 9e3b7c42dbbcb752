import type { ComponentName, Milliseconds } from "@busbar/contracts";
import type { Hazard, JournalEvent } from "@busbar/hardware";
import { after } from "../clock.ts";
import type { BoardConfig } from "../config.ts";
import { panel, plant } from "../lines.ts";
import { earliest, type Timed } from "../timed.ts";
import type { Act } from "./act.ts";
import { BmcWatch } from "./bmc-watch.ts";
import { ChassisWatch } from "./chassis-watch.ts";
import { type Docket, hazard } from "./docket.ts";
import { HostWatch } from "./host-watch.ts";
import { newsDelay } from "./intents.ts";

export interface Verdict {
  readonly hazards: readonly Hazard[];
  readonly pending: readonly Hazard[];
}

type EdgeEvent = Extract<JournalEvent, { readonly type: "edge" }>;
type PowerEvent = Extract<JournalEvent, { readonly type: "power" }>;

/**
 * The hazard judge: a fold over the journal. It knows the board, sees every edge and what the plant made of it, and
 * is told which requests were accepted; it does not know what any daemon believes. What humans do at the panel and
 * what the hardware does by itself is nobody's hazard.
 */
export class Judge implements Timed {
  readonly #found: (hazard: Hazard, at: Milliseconds) => void;
  readonly #hosts: ReadonlyMap<ComponentName, HostWatch>;
  readonly #chassis: ReadonlyMap<ComponentName, ChassisWatch>;
  readonly #bmcs: ReadonlyMap<ComponentName, BmcWatch>;
  readonly #edges: ReadonlyMap<string, (event: EdgeEvent) => void>;
  readonly #hazards: Hazard[] = [];
  #isLatched = false;
  /** Power-ons that the news of a cleared latch may still excuse. */
  #underLatch: Act[] = [];

  constructor(board: BoardConfig, found: (hazard: Hazard, at: Milliseconds) => void = () => {}) {
    this.#found = found;
    const record = (each: Hazard, at: Milliseconds): void => this.#record(each, at);
    const edges = new Map<string, (event: EdgeEvent) => void>();

    this.#hosts = new Map(board.hosts.map((host) => [host.component, new HostWatch(host, record)]));
    for (const { component, powerButton, resetButton } of board.hosts) {
      const watch = () => this.#hosts.get(component);
      edges.set(powerButton.line, ({ asserted, by, at }) => {
        if (!asserted) watch()?.powerButtonReleased();
        else if (isClient(by)) this.#latchCheck(watch()?.pressed(by, at));
      });
      if (resetButton === undefined) continue;
      edges.set(resetButton.line, ({ asserted, line, by, at }) => {
        if (!asserted) watch()?.resetButtonReleased();
        else if (isClient(by)) watch()?.reset(line, by, at);
      });
    }

    this.#chassis = new Map(
      board.chassis.map((chassis) => {
        const fed = board.hosts.filter((host) => host.chassis === chassis.component);
        const hasRunningHost = (): boolean =>
          fed.some(({ component }) => this.#hosts.get(component)?.isRunning === true);
        return [chassis.component, new ChassisWatch(chassis, hasRunningHost, record)];
      }),
    );
    for (const { component, enable } of board.chassis) {
      edges.set(enable.line, (event) => {
        if (isClient(event.by)) this.#latchCheck(this.#chassis.get(component)?.switched(event));
      });
    }

    this.#bmcs = new Map(board.bmcs.map((bmc) => [bmc.component, new BmcWatch(bmc, record)]));
    for (const { component, resetLine } of board.bmcs) {
      edges.set(resetLine.line, ({ asserted, by, at }) => {
        if (!asserted) this.#bmcs.get(component)?.released();
        else if (isClient(by)) this.#bmcs.get(component)?.reset(by, at);
      });
    }
    this.#edges = edges;
  }

  get deadline(): Milliseconds | undefined {
    const latch = this.#underLatch[0];
    return earliest([
      ...[...this.#hosts.values(), ...this.#bmcs.values()].map((watch) => watch.deadline),
      latch === undefined ? undefined : after(latch.at, newsDelay),
    ]);
  }

  advance(now: Milliseconds): void {
    for (const watch of [...this.#hosts.values(), ...this.#bmcs.values()]) watch.advance(now);
    while (this.#underLatch[0] !== undefined && after(this.#underLatch[0].at, newsDelay) <= now) {
      this.#convict(this.#underLatch.shift(), now);
    }
  }

  /** The next entry of the journal. Its time is the judge's clock. */
  see(event: JournalEvent): void {
    this.advance(event.at);
    switch (event.type) {
      case "edge":
        this.#edges.get(event.line)?.(event);
        return;
      case "power":
        this.#power(event);
        return;
      case "intent":
        this.#docket(event.component)?.accept(event.operation, event.effect, event.at);
        return;
      case "intent-over":
        for (const docket of this.#dockets()) docket.over(event.operation, event.at);
        return;
      case "latch":
        this.#isLatched = event.on;
        // It was cleared before the press; only the news of it came later.
        if (!event.on) this.#underLatch = [];
        return;
      case "start":
      case "line":
      case "os":
      case "reset":
      case "fault":
      case "mains":
      case "client":
      case "hazard":
        return;
    }
  }

  /** @param isFinal no more news will come: what is pending becomes a hazard. */
  verdict(now: Milliseconds, isFinal: boolean): Verdict {
    this.advance(now);
    if (isFinal) {
      for (const each of this.#pending()) this.#record(each, now);
      for (const docket of this.#dockets()) docket.close();
      this.#underLatch = [];
    }
    return { hazards: [...this.#hazards], pending: this.#pending() };
  }

  #pending(): Hazard[] {
    const hazards = [...this.#dockets().flatMap((docket) => docket.pending()), ...this.#underLatch.map(underLatch)];
    return hazards.toSorted((a, b) => a.when - b.when);
  }

  #power({ component, state, at }: PowerEvent): void {
    this.#hosts.get(component)?.power(state, at);
    if (state === "off") this.#chassis.get(component)?.wentOff(at);
  }

  #latchCheck(act: Act | undefined): void {
    if (!this.#isLatched || (act?.kind !== "press-on" && act?.kind !== "switch-on")) return;
    this.#underLatch.push(act);
  }

  #convict(act: Act | undefined, at: Milliseconds): void {
    if (act !== undefined) this.#record(underLatch(act), at);
  }

  #record(each: Hazard, at: Milliseconds): void {
    this.#hazards.push(each);
    this.#found(each, at);
  }

  #docket(component: ComponentName): Docket | undefined {
    return (this.#hosts.get(component) ?? this.#chassis.get(component) ?? this.#bmcs.get(component))?.docket;
  }

  #dockets(): Docket[] {
    return [...this.#hosts.values(), ...this.#chassis.values(), ...this.#bmcs.values()].map(({ docket }) => docket);
  }
}

/** All that was wrong in a whole journal, `now` being its end. */
export function judge(
  board: BoardConfig,
  events: Iterable<JournalEvent>,
  now: Milliseconds,
  isFinal: boolean,
): Verdict {
  const it = new Judge(board);
  for (const event of events) it.see(event);
  return it.verdict(now, isFinal);
}

const isClient = (by: string): boolean => by !== plant && by !== panel;

const underLatch = (act: Act): Hazard =>
  hazard("power-on-under-latch", act, `drove ${act.line} to switch ${act.component} on under the emergency latch`);
