import { busbar } from "@busbar/contracts";
import { describe, expect, test } from "vitest";
import { type CheckResult, Health } from "./health.ts";

const { HealthStatus } = busbar.v1;

describe("health", () => {
  test("is good when nothing is checked", () => {
    expect(new Health("1.0.0").report()).toEqual({
      status: HealthStatus.HEALTH_STATUS_OK,
      version: "1.0.0",
      checks: [],
    });
  });

  test.each<[readonly CheckResult["status"][], CheckResult["status"]]>([
    [["ok", "ok"], "ok"],
    [["ok", "degraded"], "degraded"],
    [["failed", "degraded", "ok"], "failed"],
  ])("of %j is %s", (statuses, worst) => {
    const health = new Health("1.0.0");
    for (const [at, status] of statuses.entries()) health.add(`check ${at}`, () => ({ status }));
    expect(health.summary().status).toBe(worst);
  });

  test("asks its checks at every question", () => {
    const health = new Health("1.0.0");
    let status: CheckResult["status"] = "ok";
    health.add("broker", () => ({ status, message: "not connected", remedy: "start the broker" }));
    expect(health.summary().status).toBe("ok");
    status = "degraded";
    expect(health.report()).toMatchObject({
      status: HealthStatus.HEALTH_STATUS_DEGRADED,
      checks: [{ name: "broker", message: "not connected", remedy: "start the broker" }],
    });
  });

  test("counts a check that throws as failed", () => {
    const health = new Health("1.0.0");
    health.add("journal", () => {
      throw new Error("undefined is not a function");
    });
    expect(health.summary()).toMatchObject({
      status: "failed",
      checks: [{ message: expect.stringMatching(/undefined is not a function/) }],
    });
  });

  test("forgets a check that is taken out, but not its successor", () => {
    const health = new Health("1.0.0");
    const remove = health.add("line", () => ({ status: "failed" }));
    health.add("line", () => ({ status: "ok" }));
    remove();
    expect(health.summary().checks).toEqual([{ name: "line", status: "ok" }]);
  });
});
