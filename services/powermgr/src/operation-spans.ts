import type { Tracer } from "@busbar/daemon";
import type { Operation, StepRecord } from "./operations/operation.ts";

/**
 * The spans of an operation that has ended, made from its own record: so one that a restart cut in two still has one
 * span, and nothing is traced while a pulse is timed.
 */
export function traceOperation(tracer: Tracer, operation: Operation): void {
  const { id, component, verb, source, steps, outcomes, state } = operation;
  const endedAt = operation.finishedAt ?? operation.queuedAt;
  const span = tracer.start(`${verb} ${component}`, {
    parent: operation.traceparent,
    kind: "server",
    startedAt: operation.queuedAt,
    attributes: {
      "busbar.operation_id": id,
      "busbar.component": component,
      "busbar.verb": verb,
      "busbar.source": source,
      "busbar.request_id": operation.requestId,
    },
  });
  for (const step of steps) if (isAct(step)) traceAct(tracer, step, span.traceparent, endedAt);
  const failed = outcomes.find(({ success }) => !success);
  const error = failed?.message ?? failed?.errorCode ?? (state === "succeeded" ? undefined : state);
  span.end({ endedAt, error, attributes: { "busbar.state": state } });
}

function traceAct(tracer: Tracer, step: StepRecord, parent: string | undefined, operationEnd: number): void {
  const { kind, component, line, startedAt, durationMs, outcome = "unknown" } = step;
  const act = tracer.start(`${kind} ${line ?? component}`, {
    parent,
    startedAt,
    attributes: { "busbar.component": component, "busbar.line": line, "busbar.toward": step.toward },
  });
  const isDone = outcome === "done" || outcome === "no-op";
  act.end({
    endedAt: durationMs === undefined ? operationEnd : startedAt + durationMs,
    error: isDone ? undefined : outcome,
    attributes: { "busbar.outcome": outcome },
  });
}

const isAct = ({ kind }: StepRecord): boolean =>
  kind === "press" || kind === "hold" || kind === "reset" || kind === "switch";
