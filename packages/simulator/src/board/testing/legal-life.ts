import { type ComponentName, componentName, milliseconds } from "@busbar/contracts";
import type { Effect, JournalEntry } from "@busbar/hardware";
import fc from "fast-check";
import { button, rail, VirtualBoard, type VirtualClient } from "./virtual-board.ts";

/** What may happen next. Deeds that would be illegal in the state that the board is in are skipped. */
export type Deed =
  | { readonly do: "on" | "off" | "force-off" | "cycle" | "reset" | "trip" | "panel" | "no-op"; readonly host: 0 | 1 }
  | {
      readonly do:
        | "chassis-on"
        | "chassis-off"
        | "rollback"
        | "cut"
        | "emergency"
        | "clear-latch"
        | "mains"
        | "bmc-reset"
        | "restart"
        | "news";
    }
  | { readonly do: "wait"; readonly ms: number };

const host = fc.constantFrom<0 | 1>(0, 1);
const chassisDeed = fc.constantFrom(
  "chassis-on",
  "chassis-on",
  "chassis-off",
  "rollback",
  "cut",
  "emergency",
  "clear-latch",
  "mains",
  "bmc-reset",
  "restart",
  "news",
);
export const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("on", "off", "force-off", "cycle", "reset", "trip", "panel", "no-op"),
      host,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: chassisDeed }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait"), ms: fc.integer({ min: 0, max: 20_000 }) }) },
);

const components = [componentName("host.0"), componentName("host.1")] as const;
const chassis = componentName("chassis.0");
const bmc = componentName("bmc.0");
const minimumOff = 5_000;
/** News of the latch is never later than the judge has to allow for. */
const slowestLatchNews = 4_000;

/** A daemon that does everything right, and a witness that tells the judge about it, promptly or late. */
export class LegalLife {
  readonly virtual = new VirtualBoard();
  readonly #isNewsLate: boolean;
  #daemon: VirtualClient = this.virtual.client();
  #news: { readonly since: number; readonly isLatch: boolean; readonly tell: () => void }[] = [];
  #operation = 0;
  #isLatched = false;
  #offSince = new Map<number, number>();

  constructor(isNewsLate: boolean) {
    this.#isNewsLate = isNewsLate;
    this.#takeLines();
  }

  get daemon(): VirtualClient {
    return this.#daemon;
  }

  live(deeds: readonly Deed[]): void {
    this.#do({ do: "chassis-on" });
    for (const each of deeds) this.#do(each);
    this.#tellNews();
  }

  hazards(): readonly { readonly code: string; readonly text: string }[] {
    return this.virtual.board.hazards(true).hazards;
  }

  entries(): JournalEntry[] {
    return this.virtual.entries();
  }

  #do(deed: Deed): void {
    switch (deed.do) {
      case "wait":
        this.#wait(deed.ms);
        return;
      case "news":
        this.#tellNews();
        return;
      case "on":
        if (this.#mayGoOn(deed.host)) this.#pressFor(deed.host, this.#accept("on", components[deed.host]));
        return;
      case "off":
        if (this.#isSettledOn(deed.host)) this.#pressFor(deed.host, this.#accept("off", components[deed.host]));
        return;
      case "force-off":
        if (this.#isSettledOn(deed.host)) this.#holdFor(deed.host, this.#accept("force-off", components[deed.host]));
        return;
      case "cycle":
        this.#cycle(deed.host);
        return;
      case "reset":
        if (!this.#isOn(deed.host)) return;
        this.#over(this.#accept("reset", components[deed.host]), () => this.#pulse(`reset-button-${deed.host}`, 100));
        return;
      case "no-op":
        this.#over(this.#accept(this.#isOn(deed.host) ? "on" : "off", components[deed.host]), () => {});
        return;
      case "trip":
        this.virtual.board.setFault({ kind: "trip", component: components[deed.host] });
        return;
      case "panel":
        this.virtual.board.pressButton(`power-button-${deed.host}`, milliseconds(200));
        this.#wait(300);
        return;
      case "chassis-on":
        if (this.#railIsOn() || this.#isLatched) return;
        this.#switch(this.#accept("on", chassis), 1);
        return;
      case "chassis-off":
        if (!this.#railIsOn() || this.#isOn(0) || this.#isOn(1)) return;
        this.#switch(this.#accept("off", chassis), 0);
        return;
      case "rollback": {
        if (this.#railIsOn() || this.#isLatched) return;
        const operation = this.#accept("on", chassis);
        this.#daemon.set("chassis-enable", 1);
        this.#wait(3_000);
        // A human may have switched a host on meanwhile; then there is no going back.
        if (!this.#isOn(0) && !this.#isOn(1)) this.#daemon.set("chassis-enable", 0);
        this.#end(operation);
        return;
      }
      case "cut":
        if (this.#railIsOn()) this.#switch(this.#accept("cut", chassis), 0);
        return;
      case "emergency":
        this.#isLatched = true;
        this.#tell(() => this.virtual.board.latch(true), true);
        for (const index of [0, 1] as const) {
          if (this.#isSettledOn(index)) this.#holdFor(index, this.#accept("force-off", components[index]));
        }
        if (this.#railIsOn()) this.#switch(this.#accept("cut", chassis), 0);
        return;
      case "clear-latch":
        this.#isLatched = false;
        this.#tell(() => this.virtual.board.latch(false), true);
        return;
      case "mains":
        this.virtual.board.mains({ state: "lost", standby: "good" });
        this.#wait(500);
        this.virtual.board.mains({ state: "good", standby: "good" });
        return;
      case "bmc-reset":
        this.#over(this.#accept("reset", bmc), () => this.#pulse("bmc-reset-0", 100));
        return;
      case "restart":
        this.#daemon.die();
        this.virtual.board.releaseMomentary("launcher");
        this.#daemon = this.virtual.client();
        this.#takeLines();
        return;
    }
  }

  #takeLines(): void {
    for (const index of [0, 1]) {
      this.#daemon.take(`power-button-${index}`, button);
      this.#daemon.take(`reset-button-${index}`, button);
    }
    this.#daemon.take("chassis-enable", rail);
    this.#daemon.take("bmc-reset-0", button);
  }

  #cycle(index: 0 | 1): void {
    if (!this.#isSettledOn(index) || this.#isLatched) return;
    const operation = this.#accept("off", components[index]);
    this.#accept("on", components[index], operation);
    this.#pulse(`power-button-${index}`, 200);
    this.#wait(10_000);
    if (this.#mayGoOn(index)) this.#pulse(`power-button-${index}`, 200);
    this.#end(operation);
  }

  #pressFor(index: number, operation: string): void {
    this.#over(operation, () => this.#pulse(`power-button-${index}`, 200));
  }

  #holdFor(index: number, operation: string): void {
    this.#over(operation, () => this.#pulse(`power-button-${index}`, 4_000));
  }

  #switch(operation: string, level: 0 | 1): void {
    this.#over(operation, () => {
      this.#daemon.set("chassis-enable", level);
      this.#wait(100);
    });
  }

  #pulse(line: string, duration: number): void {
    this.#daemon.set(line, 1);
    this.#wait(duration);
    this.#daemon.set(line, 0);
    this.#wait(50);
  }

  #over(operation: string, act: () => void): void {
    act();
    this.#end(operation);
  }

  #end(operation: string): void {
    this.#tell(() => this.virtual.board.intentOver(operation), false);
  }

  #accept(effect: Effect, component: ComponentName, operation = `op-${++this.#operation}`): string {
    this.#tell(() => this.virtual.board.intent(operation, component, effect), false);
    return operation;
  }

  #tell(tell: () => void, isLatch: boolean): void {
    this.#news.push({ since: this.virtual.now, isLatch, tell });
    if (!this.#isNewsLate) this.#tellNews();
  }

  /** News comes late, but in order. */
  #tellNews(): void {
    for (const { tell } of this.#news.splice(0)) tell();
  }

  #wait(ms: number): void {
    for (let left = ms; left > 0; left -= 1_000) {
      this.virtual.wait(Math.min(left, 1_000));
      const isDue = this.#news.some(
        ({ since, isLatch }) => isLatch && this.virtual.now - since >= slowestLatchNews - 1_000,
      );
      if (isDue) this.#tellNews();
      this.#noteOff();
    }
  }

  #noteOff(): void {
    for (const index of [0, 1]) {
      if (this.#isOn(index)) this.#offSince.delete(index);
      else if (!this.#offSince.has(index)) this.#offSince.set(index, this.virtual.now);
    }
  }

  /** A host about to go off by itself can't be pressed safely: the press may find it off, and switch it on. */
  #isSettledOn(index: number): boolean {
    const { power, os } = this.virtual.host(`host.${index}`);
    return power === "on" && os !== "shutting-down";
  }

  #isOn(index: number): boolean {
    return this.virtual.host(`host.${index}`).power === "on";
  }

  #railIsOn(): boolean {
    return this.#daemon.get("chassis-enable") === 1;
  }

  #mayGoOn(index: number): boolean {
    this.#noteOff();
    const since = this.#offSince.get(index);
    const isReady = this.virtual.state.chassis.every(({ rails }) => rails);
    return isReady && !this.#isLatched && since !== undefined && this.virtual.now - since >= minimumOff;
  }
}
