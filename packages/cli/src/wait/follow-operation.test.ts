import type { Bus, DeliveryHandler } from "@busbar/bus";
import {
  BusbarError,
  busbar,
  componentName,
  encodeStateChange,
  type Status,
  subjects,
  timestamp,
} from "@busbar/contracts";
import { describe, expect, it, vi } from "vitest";
import { unpainted } from "../output/style.ts";
import { FakeScreen } from "../testing/fake-surroundings.ts";
import { ChangeFeed } from "./change-feed.ts";
import { OperationCourse } from "./course.ts";
import { followOperation } from "./follow-operation.ts";
import { Progress } from "./progress.ts";

const host = componentName("host.0");
const { StateChangeReason, OperationState } = busbar.v1;

interface Recorded {
  readonly id: number;
  readonly current: Status;
  readonly reason: busbar.v1.StateChangeReason;
}

const requested = {
  id: 1,
  current: "HOST_STATUS_TRANSITIONING",
  reason: StateChangeReason.STATE_CHANGE_REASON_REQUESTED,
} as const;
const completed = {
  id: 2,
  current: "HOST_STATUS_ON",
  reason: StateChangeReason.STATE_CHANGE_REASON_COMPLETED,
} as const;

/** statemgr and powermgr as far as a waiting client sees them: what is recorded, and what is told. */
class FakePeers {
  readonly history: Recorded[] = [requested];
  operation: busbar.v1.Operation.$Properties = { id: "op", state: OperationState.OPERATION_STATE_RUNNING, steps: [] };
  isSilent = false;
  #deliver: DeliveryHandler = () => {};

  readonly bus = {
    subscribe: async (_subject: string, handler: DeliveryHandler) => {
      this.#deliver = handler;
    },
    request: async ({ name }: { name: string }) => {
      if (this.isSilent) throw new BusbarError("UNAVAILABLE", "nobody there");
      return { message: this.#answer(name) };
    },
  } as unknown as Bus;

  tell(change: Recorded): void {
    const data = encodeStateChange({
      component: host,
      previous: "HOST_STATUS_OFF",
      current: change.current,
      cause: "HOST_ACTION_ON",
      changedAt: timestamp(0),
      origin: originOf(change),
    });
    void this.#deliver({ subject: subjects.transition(host), data, header: () => undefined });
  }

  #answer(endpoint: string): object {
    switch (endpoint) {
      case "host-history":
        return { changes: this.history.toReversed().map(changeOf) };
      case "operations-get":
        return this.operation;
      default:
        return { components: [] };
    }
  }
}

const originOf = ({ id, reason }: Recorded) => ({ revision: { epoch: "e", id }, reason, operationId: "op" });

const changeOf = (change: Recorded): busbar.v1.StateChange.$Properties => ({
  component: host,
  previousStatus: "HOST_STATUS_OFF",
  currentStatus: change.current,
  origin: originOf(change),
});

async function begin(peers = new FakePeers()) {
  const stop = new AbortController();
  const screen = new FakeScreen();
  const course = new OperationCourse(host, "op");
  const feed = await ChangeFeed.open(peers.bus, stop.signal);
  const progress = new Progress(screen, unpainted, performance.now());
  const ended = followOperation({ bus: peers.bus, feed, course, progress, paint: unpainted, signal: stop.signal });
  ended.catch(() => {});
  const shown = (text: string) => vi.waitFor(() => expect(screen.text).toContain(text));
  return { peers, stop, screen, course, ended, shown };
}

describe("following an operation", () => {
  it("ends with the event of its end, and gives powermgr's record once that is finished", async () => {
    const { peers, ended, course, shown } = await begin();
    await shown("off -> transitioning");
    peers.tell(completed);
    await shown("off -> on");
    peers.operation = { ...peers.operation, finishedAt: timestamp(1), state: OperationState.OPERATION_STATE_SUCCEEDED };
    expect(await ended).toMatchObject({ id: "op", state: "succeeded" });
    expect(course.failure).toBeUndefined();
  });

  it("finds what had ended before it listened", async () => {
    const peers = new FakePeers();
    peers.history.push(completed);
    peers.operation = { ...peers.operation, finishedAt: timestamp(1) };
    const { ended, course } = await begin(peers);
    await ended;
    expect(course.end?.current_status).toBe("HOST_STATUS_ON");
  });

  it("finds an end whose event was lost, as in an outage of the broker", async () => {
    const { peers, ended, course, shown } = await begin();
    await shown("off -> transitioning");
    peers.history.push(completed);
    peers.operation = { ...peers.operation, finishedAt: timestamp(1) };
    await ended;
    expect(course.end?.current_status).toBe("HOST_STATUS_ON");
  });

  it("goes on while nobody answers, and ends when the event comes", async () => {
    const { peers, ended, shown } = await begin();
    await shown("off -> transitioning");
    peers.isSilent = true;
    peers.tell(completed);
    expect(await ended).toBeUndefined();
  });

  it("tells the steps before the change that they led to, each once", async () => {
    const { peers, ended, screen, shown } = await begin();
    const step = { kind: "press", component: host, line: "power-button-0", durationMs: 200, outcome: "done" };
    await shown("off -> transitioning");
    peers.operation = { ...peers.operation, steps: [step], finishedAt: timestamp(1) };
    peers.tell(completed);
    await ended;
    const told = screen.text.trimEnd().split("\n");
    expect(told.map((line) => line.slice("   0.0 s  host.0     ".length))).toEqual([
      "off -> transitioning (requested)",
      "press power-button-0 (200 ms)",
      "off -> on (on, completed)",
    ]);
  });

  it("ends with its signal", async () => {
    const { stop, ended, shown } = await begin();
    await shown("off -> transitioning");
    stop.abort(new Error("enough"));
    await expect(ended).rejects.toThrow("enough");
  });
});
