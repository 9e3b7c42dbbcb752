import { componentName, milliseconds } from "@busbar/contracts";
import { describe, expect, it } from "vitest";
import type { OperationShape } from "../shapes/operation.ts";
import type { StateChangeShape } from "../shapes/state-change.ts";
import { OperationCourse } from "./course.ts";
import { endOf, stillGoingOn } from "./end.ts";

const host = componentName("host.0");

const change = (id: number, status: string, more: Partial<StateChangeShape> = {}): StateChangeShape => ({
  component: host,
  previous_status: "HOST_STATUS_OFF",
  current_status: `HOST_STATUS_${status}`,
  cause: null,
  reason: "requested",
  changed_at: null,
  previous_duration_ms: 0,
  operation_id: "op",
  actor: null,
  request_id: null,
  error_code: null,
  message: null,
  revision: { epoch: "e", id },
  ...more,
});

function courseOf(...changes: StateChangeShape[]): OperationCourse {
  const course = new OperationCourse(host, "op");
  for (const each of [change(1, "TRANSITIONING"), ...changes]) course.change(each);
  return course;
}

const record = (outcome: Partial<OperationShape["outcomes"][number]>): OperationShape => ({
  id: "op",
  component: host,
  action: "HOST_ACTION_ON",
  state: "aborted",
  actor: null,
  queued_at: null,
  started_at: null,
  finished_at: null,
  steps: [],
  outcomes: [
    { component: host, verb: "on", success: false, power: "off", error_code: null, message: null, ...outcome },
  ],
});

describe("the end of an operation", () => {
  it("is good when it is completed", () => {
    expect(endOf(courseOf(change(2, "ON", { reason: "completed" })), undefined)).toEqual({
      status: "HOST_STATUS_ON",
      error: undefined,
    });
  });

  it("is the failure's code, text and component, and the remedy shows the steps", () => {
    const failed = { reason: "failed", error_code: "POWER_GOOD_TIMEOUT", message: "no power-good within 5 s" };
    const { status, error } = endOf(courseOf(change(2, "ERROR", failed)), undefined);
    expect(status).toBe("HOST_STATUS_ERROR");
    expect(error).toMatchObject({
      code: "POWER_GOOD_TIMEOUT",
      message: "host.0: no power-good within 5 s",
      component: host,
      operationId: "op",
      remedy: "see busbar operations get op",
    });
  });

  it("that nobody knows is OUTCOME_UNKNOWN, also where statemgr gives no code", () => {
    const { error } = endOf(courseOf(change(2, "ERROR", { reason: "outcome-unknown" })), undefined);
    expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", message: "host.0: ended error (outcome-unknown)" });
  });

  it("with a code that only a newer system knows is a failure all the same", () => {
    const { error } = endOf(courseOf(change(2, "ERROR", { reason: "failed", error_code: "MELTED" })), undefined);
    expect(error).toMatchObject({ code: "POWER_OPERATION_FAILED" });
  });

  it("by another operation is in powermgr's words, or names the other one", () => {
    const course = courseOf(change(2, "TRANSITIONING", { operation_id: "off" }));
    const known = endOf(course, record({ error_code: "ABORTED", message: "superseded by off" }));
    expect(known).toMatchObject({
      status: undefined,
      error: { code: "ABORTED", message: "host.0: superseded by off" },
    });
    expect(endOf(course, undefined).error).toMatchObject({
      code: "ABORTED",
      message: "host.0: operation off took over",
    });
  });
});

it("a wait that is over says that the operation isn't", () => {
  expect(stillGoingOn(courseOf(), milliseconds(60_000))).toMatchObject({
    code: "DEADLINE_EXCEEDED",
    message: "host.0: not ended after 1 min; operation op goes on",
    operationId: "op",
  });
});
