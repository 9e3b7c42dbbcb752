import { setTimeout as sleep } from "node:timers/promises";
import type { Bus } from "@busbar/bus";
import {
  type Action,
  actionEndpoint,
  asBusbarError,
  type BusbarError,
  type ComponentName,
  type ErrorCode,
  encodeActionRequest,
  milliseconds,
  subjects,
} from "@busbar/contracts";
import type { Acceptance } from "./checks.ts";

export interface Refusal {
  readonly requestId: string;
  readonly component: ComponentName;
  readonly action: Action;
  readonly error: BusbarError;
}

/** So long for one answer; a daemon that was killed never gives it, and nobody says so. */
const answerWithin = milliseconds(700);
const againAfterMs = 30;
const patienceMs = 40_000;

/** Nothing was decided, or nobody can tell: the request id makes it safe to ask again. */
const undecided: ReadonlySet<ErrorCode> = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED"]);

/** A client as we want them: it asks again with the same request id until it has an answer. */
export class Client {
  readonly #bus: Bus;
  readonly #name: string;
  #requests = 0;
  readonly accepted: Acceptance[] = [];
  readonly refused: Refusal[] = [];

  constructor(bus: Bus, name: string) {
    this.#bus = bus;
    this.#name = name;
  }

  /** Resolves with statemgr's answer. What it refuses for good is an answer, too. */
  async ask(component: ComponentName, action: Action): Promise<Acceptance | Refusal> {
    this.#requests += 1;
    const requestId = `${this.#name}-${this.#requests}`;
    const end = performance.now() + patienceMs;
    for (;;) {
      try {
        const { outcome, operationId } = await this.#bus.request(
          actionEndpoint("statemgr", component),
          encodeActionRequest(component, action),
          { subject: subjects.action("statemgr", component), timeout: answerWithin, headers: { requestId } },
        );
        const acceptance = { requestId, component, action, outcome, operationId };
        this.accepted.push(acceptance);
        return acceptance;
      } catch (thrown) {
        const error = asBusbarError(thrown);
        if (!undecided.has(error.code) || performance.now() > end) {
          const refusal = { requestId, component, action, error };
          this.refused.push(refusal);
          return refusal;
        }
        await sleep(againAfterMs);
      }
    }
  }
}
