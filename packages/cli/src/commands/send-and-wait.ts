import type { Bus } from "@busbar/bus";
import type { Milliseconds } from "@busbar/contracts";
import type { Context } from "../context.ts";
import { Interrupted } from "../interrupted.ts";
import { deadline } from "../system/deadline.ts";
import { ChangeFeed } from "../wait/change-feed.ts";
import { OperationCourse } from "../wait/course.ts";
import { endOf, stillGoingOn } from "../wait/end.ts";
import { followOperation } from "../wait/follow-operation.ts";
import { Progress } from "../wait/progress.ts";
import { actionShown } from "./action-shown.ts";
import { type ActionRequest, sendAction } from "./send-action.ts";

export interface WaitOptions {
  /** The action as the command line spells it. */
  readonly word: string;
  readonly waitFor: Milliseconds;
}

/**
 * Listens first, then asks, then reads once (DESIGN §3): so the end can't be missed, however soon it comes.
 * @throws BusbarError how it failed, Interrupted by Ctrl-C; either way the operation goes its own way
 */
export async function sendAndWait(
  bus: Bus,
  request: ActionRequest,
  { word, waitFor }: WaitOptions,
  context: Context,
): Promise<void> {
  const { component } = request;
  const { surroundings, printer, format } = context;
  const startedAt = performance.now();
  const interrupted = surroundings.interrupted();
  const patience = deadline(waitFor, interrupted);
  let isSent = false;
  let course: OperationCourse | undefined;
  try {
    const feed = await ChangeFeed.open(bus, patience.signal);
    isSent = true;
    const answer = await sendAction(bus, request, interrupted);
    if (answer.operation_id === null) return printer.show(actionShown(word, answer));

    course = new OperationCourse(component, answer.operation_id);
    const paint = context.paintFor(surroundings.stderr);
    const progress = new Progress(format === "table" ? surroundings.stderr : undefined, paint, startedAt);
    progress.tell(component, `${word} ${answer.outcome}, operation ${answer.operation_id}`);
    const operation = await followOperation({ bus, feed, course, progress, paint, signal: patience.signal });
    const { status, error } = endOf(course, operation);
    printer.show(
      actionShown(word, {
        ...answer,
        outcome: error === undefined ? "completed" : "failed",
        status: status ?? answer.status,
        duration_ms: Math.round(performance.now() - startedAt),
        operation: operation ?? null,
      }),
    );
    if (error) throw error;
  } catch (error) {
    if (interrupted.aborted) throw interruption(`${component} ${word}`, component, isSent, course);
    throw patience.signal.aborted && course && !course.hasEnded ? stillGoingOn(course, waitFor) : error;
  } finally {
    patience.release();
  }
}

function interruption(
  what: string,
  component: string,
  isSent: boolean,
  course: OperationCourse | undefined,
): Interrupted {
  if (!isSent) return new Interrupted(`interrupted; ${what} was not sent`);
  if (course === undefined)
    return new Interrupted(`interrupted before the answer came; ${what} may have been taken`, {
      remedy: `see busbar history ${component}`,
    });
  const { operationId } = course;
  return new Interrupted(`interrupted; ${what} goes on as operation ${operationId}`, {
    operationId,
    remedy: `see busbar operations get ${operationId}`,
  });
}
