import { randomUUID } from "node:crypto";
import {
  type Action,
  actionFor,
  busbar,
  type ComponentName,
  decodeStateChange,
  encodeActionRequest,
  kindOf,
  statusRoles,
  subjects,
} from "@busbar/contracts";
import type { Client } from "./client.ts";

type Power = "on" | "off";

/** One switching of a component, from before it is asked for. */
export interface Switching {
  readonly body: Uint8Array;
  /** performance.now() when the event of its last state change came. */
  readonly done: Promise<number>;
  /** Resolves when all that the daemons make of it is made: then the next sample meets an idle system. */
  readonly settled: Promise<void>;
}

interface Awaited {
  readonly to: Power;
  readonly done: (at: number) => void;
  readonly good: () => void;
  readonly fail: (error: Error) => void;
}

const patienceMs = 20_000;
const powers = { on: busbar.v1.Power.POWER_ON, off: busbar.v1.Power.POWER_OFF } as const;

/** A component that is switched on and off in turn, so that every request is taken. */
export class Switched {
  readonly component: ComponentName;
  readonly #client: Client;
  #next: Power = "on";
  #awaited: Awaited | undefined;

  private constructor(client: Client, component: ComponentName) {
    this.#client = client;
    this.component = component;
  }

  /** @param component one that is off */
  static async open(client: Client, component: ComponentName): Promise<Switched> {
    const switched = new Switched(client, component);
    const { bus } = client;
    await bus.subscribe(subjects.transition(component), ({ data }) => switched.#onTransition(data, performance.now()));
    await bus.subscribe(subjects.powerGood(component), ({ data }) => switched.#onPowerGood(data));
    return switched;
  }

  async begin(): Promise<Switching> {
    const to = this.#next;
    this.#next = to === "on" ? "off" : "on";
    // Before the samples, and by us: nobody is to tell the hazard judge what is wanted while they are taken.
    const operation = randomUUID();
    await this.#client.board.intent({ operation, component: this.component, effect: to });
    const { done, good } = this.#expect(to);
    const settled = Promise.all([done, good]).then(() => this.#client.board.intentOver(operation));
    settled.catch(() => {}); // who waits for `done` gets it
    return { body: encodeActionRequest(this.component, this.#action(to)), done, settled };
  }

  #expect(to: Power): { readonly done: Promise<number>; readonly good: Promise<void> } {
    let onDone: Awaited["done"] = () => {};
    let onGood: Awaited["good"] = () => {};
    let fail: Awaited["fail"] = () => {};
    const done = new Promise<number>((resolve, reject) => {
      onDone = resolve;
      fail = reject;
    });
    const good = new Promise<void>((resolve) => {
      onGood = resolve;
    });
    this.#awaited = { to, done: onDone, good: onGood, fail };
    const late = () => fail(new Error(`${this.component} did not go ${to} within ${patienceMs} ms`));
    const timer = setTimeout(late, patienceMs);
    const stopWaiting = () => clearTimeout(timer);
    Promise.all([done, good]).then(stopWaiting, stopWaiting);
    return { done, good };
  }

  #action(to: Power): Action {
    const action = actionFor(kindOf(this.component), to);
    if (action === undefined) throw new Error(`${this.component} has no action for ${to}`);
    return action;
  }

  #onTransition(data: Uint8Array, at: number): void {
    const { current } = decodeStateChange(this.component, data);
    const roles = statusRoles(kindOf(this.component));
    if (this.#awaited === undefined || current === roles.transitioning) return;
    if (current === roles[this.#awaited.to]) this.#awaited.done(at);
    else this.#awaited.fail(new Error(`${this.component} is ${current} instead of ${this.#awaited.to}`));
  }

  #onPowerGood(data: Uint8Array): void {
    const { power } = busbar.v1.PowerGoodEvent.decode(data);
    if (this.#awaited !== undefined && power === powers[this.#awaited.to]) this.#awaited.good();
  }
}
