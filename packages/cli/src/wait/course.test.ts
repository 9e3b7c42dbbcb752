import { componentName } from "@busbar/contracts";
import { describe, expect, it } from "vitest";
import type { ComponentStateShape } from "../shapes/component-state.ts";
import type { StateChangeShape } from "../shapes/state-change.ts";
import { OperationCourse } from "./course.ts";

const host = componentName("host.0");
const chassis = componentName("chassis.0");

function change(
  component: string,
  id: number,
  status: string,
  operation: string | null = "op",
  reason = status === "TRANSITIONING" ? "requested" : "completed",
): StateChangeShape {
  const kind = component.slice(0, component.indexOf(".")).toUpperCase();
  return {
    component,
    previous_status: `${kind}_STATUS_OFF`,
    current_status: `${kind}_STATUS_${status}`,
    cause: null,
    reason,
    changed_at: null,
    previous_duration_ms: 0,
    operation_id: operation,
    actor: null,
    request_id: null,
    error_code: null,
    message: null,
    revision: { epoch: "e", id },
  };
}

const state = (component: string, id: number, operation: string | null): ComponentStateShape => ({
  component,
  status: "",
  observed: "off",
  intended: "on",
  changed_at: null,
  action: null,
  operation_id: operation,
  revision: { epoch: "e", id },
});

describe("an operation", () => {
  it("ends with the change that takes its component out of it", () => {
    const course = new OperationCourse(host, "op");
    expect(course.change(change(host, 1, "TRANSITIONING"))).toBe(true);
    expect(course.hasEnded).toBe(false);
    expect(course.change(change(host, 2, "ON"))).toBe(true);
    expect(course).toMatchObject({ hasEnded: true, failure: undefined, end: { current_status: "HOST_STATUS_ON" } });
  });

  it("has ended also when nothing but its end was heard", () => {
    const course = new OperationCourse(host, "op");
    course.change(change(host, 2, "ON"));
    expect(course.hasEnded).toBe(true);
  });

  it("goes on as long as something that it carried along does", () => {
    const course = new OperationCourse(chassis, "op");
    course.change(change(host, 1, "TRANSITIONING"));
    course.change(change(chassis, 2, "TRANSITIONING"));
    course.change(change(chassis, 3, "OFF"));
    expect(course).toMatchObject({ hasEnded: false, open: [host] });
    course.change(change(host, 4, "OFF"));
    expect(course.hasEnded).toBe(true);
  });

  it("goes on with what went along before anybody listened", () => {
    const course = new OperationCourse(chassis, "op");
    course.state(state(host, 1, "op"));
    course.state(state("host.1", 1, "other"));
    course.change(change(chassis, 3, "OFF"));
    expect(course.open).toEqual([host]);
    // Its change comes after all, late and from another source: it is news still.
    expect(course.change(change(host, 1, "TRANSITIONING"))).toBe(true);
    course.change(change(host, 4, "OFF"));
    expect(course.hasEnded).toBe(true);
  });

  it("isn't taken up again by an answer that is older than the end", () => {
    const course = new OperationCourse(host, "op");
    course.change(change(host, 1, "TRANSITIONING"));
    course.change(change(host, 2, "ON"));
    course.state(state(host, 1, "op"));
    expect(course.hasEnded).toBe(true);
  });

  it("tells each change once, however often it comes", () => {
    const course = new OperationCourse(host, "op");
    const twice = change(host, 1, "TRANSITIONING");
    expect([course.change(twice), course.change(twice)]).toEqual([true, false]);
  });

  it("has nothing to do with changes before it and of others", () => {
    const course = new OperationCourse(host, "op");
    expect(course.change(change(host, 1, "OFF", "earlier"))).toBe(false);
    expect(course.change(change("host.1", 2, "ON", "other"))).toBe(false);
    expect(course.hasEnded).toBe(false);
  });

  it("ends when another one takes its component over, and names it", () => {
    const course = new OperationCourse(host, "op");
    course.change(change(host, 1, "TRANSITIONING"));
    course.change(change(host, 2, "TRANSITIONING", "off"));
    expect(course).toMatchObject({ hasEnded: true, end: undefined, takenOverBy: "off" });
  });

  it("has failed where something in it has; its own component counts most", () => {
    const course = new OperationCourse(chassis, "op");
    course.change(change(host, 1, "TRANSITIONING"));
    course.change(change(host, 2, "ERROR", "op", "failed"));
    expect(course.failure?.component).toBe(host);
    course.change(change(chassis, 3, "FAILED", "op", "outcome-unknown"));
    expect(course.failure?.component).toBe(chassis);
  });
});
