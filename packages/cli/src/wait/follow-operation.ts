import { setTimeout as sleep } from "node:timers/promises";
import type { Bus } from "@busbar/bus";
import { isComponentName, milliseconds } from "@busbar/contracts";
import { changeText } from "../output/event-line.ts";
import type { Paint } from "../output/style.ts";
import { componentStateShape } from "../shapes/component-state.ts";
import { type OperationShape, operationShape } from "../shapes/operation.ts";
import { stateChangeShape } from "../shapes/state-change.ts";
import { getHistory, getOperation, listComponents } from "../system/ask.ts";
import type { ChangeFeed } from "./change-feed.ts";
import type { OperationCourse } from "./course.ts";
import type { Progress } from "./progress.ts";
import { endedStepText, StepNews, stepText } from "./step-news.ts";

export interface FollowOptions {
  readonly bus: Bus;
  /** Opened before the request was sent. */
  readonly feed: ChangeFeed;
  readonly course: OperationCourse;
  readonly progress: Progress;
  readonly paint: Paint;
  readonly signal: AbortSignal;
}

/** Steps are nobody's event: they are looked up this often. */
const lookEvery = milliseconds(200);
/** Events may be lost (at most once, DESIGN §4): what is recorded is read again this often. */
const readAgainMs = 2_000;
const recentChanges = 50;
const lastTries = 10;
/** powermgr may hang; the end is for statemgr to tell. */
const stepPatience = milliseconds(1_000);

/**
 * Follows an operation until it has ended, however the answers of the daemons come and go.
 * @returns its record, undefined when powermgr can't tell
 * @throws the signal's reason
 */
export async function followOperation(options: FollowOptions): Promise<OperationShape | undefined> {
  const { feed, course, progress, signal } = options;
  const steps = new StepWatch(options);
  let readAt = Number.NEGATIVE_INFINITY;
  try {
    for (;;) {
      if (performance.now() - readAt >= readAgainMs) {
        readAt = performance.now();
        await unlessUnanswered(readRecords(options), signal);
      }
      const changes = feed.take();
      // Before what they led to: a change of state comes after the steps that brought it about.
      await steps.look();
      for (const change of changes) tellChange(change, options);
      // It has ended, whoever gives up waiting now.
      if (course.hasEnded) return await steps.last().catch(() => undefined);
      progress.live(course.component, steps.now);
      await feed.next(lookEvery, signal);
    }
  } finally {
    progress.clear();
  }
}

/** Once at the start (what ended before we listened), then now and then. */
async function readRecords(options: FollowOptions): Promise<void> {
  const { bus, course, signal } = options;
  for (const state of await listComponents(bus, signal)) course.state(componentStateShape(state));
  for (const name of course.open) {
    if (!isComponentName(name)) continue;
    const changes = await getHistory(bus, name, recentChanges, signal);
    for (const change of changes.map(stateChangeShape).toReversed()) tellChange(change, options);
  }
}

function tellChange(change: ReturnType<typeof stateChangeShape>, { course, progress, paint }: FollowOptions): void {
  if (course.change(change)) progress.tell(change.component, changeText(change, paint));
}

/** A daemon that restarts (a BMC that resets itself!) answers again soon; until then there is nothing to learn. */
async function unlessUnanswered<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Tells the steps as powermgr records them. */
class StepWatch {
  readonly #options: FollowOptions;
  readonly #news = new StepNews();

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  /** What goes on. */
  get now(): string {
    const step = this.#news.running;
    return step === undefined ? "in progress" : stepText(step);
  }

  /** Undefined when powermgr doesn't know the operation (any more), or doesn't answer. */
  async look(): Promise<OperationShape | undefined> {
    const { bus, course, progress, signal } = this.#options;
    const found = await unlessUnanswered(getOperation(bus, course.operationId, signal, stepPatience), signal);
    if (found === undefined) return undefined;
    const operation = operationShape(found);
    for (const step of this.#news.update(operation.steps)) progress.tell(step.component, endedStepText(step));
    return operation;
  }

  /** The record after the end: statemgr may know of it a moment before powermgr has written it down. */
  async last(): Promise<OperationShape | undefined> {
    let operation = await this.look();
    for (let tries = 0; tries < lastTries && operation !== undefined && operation.finished_at === null; tries += 1) {
      await sleep(lookEvery, undefined, { signal: this.#options.signal });
      operation = await this.look();
    }
    return operation;
  }
}
