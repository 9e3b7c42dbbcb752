import { describe, expect, onTestFinished, test } from "vitest";
import { type CheckResult, Health } from "./health.ts";
import { Metrics } from "./metrics.ts";
import { startStatusServer } from "./status-server.ts";

async function served(status: CheckResult["status"] = "ok") {
  const metrics = new Metrics();
  metrics.gauge({ name: "depth", help: "d" }).set(4);
  const health = new Health("1.2.3");
  health.add("broker", () => ({ status, message: "m", remedy: "r" }));
  const server = await startStatusServer(0, metrics, health);
  onTestFinished(() => server.close());
  return { server, get: (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init) };
}

describe("the status server", () => {
  test("serves metrics as text", async () => {
    const { get } = await served();
    const response = await get("/metrics");
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await response.text()).toContain("depth 4\n");
  });

  test.each<[CheckResult["status"], number]>([
    ["ok", 200],
    ["degraded", 200],
    ["failed", 503],
  ])("answers /healthz of %s with %d and the checks", async (status, code) => {
    const { get } = await served(status);
    const response = await get("/healthz?verbose");
    expect(response.status).toBe(code);
    const checks = [{ name: "broker", status, message: "m", remedy: "r" }];
    expect(await response.json()).toEqual({ status, version: "1.2.3", checks });
  });

  test("serves nothing else", async () => {
    const { get } = await served();
    expect((await get("/")).status).toBe(404);
    expect((await get("/metrics", { method: "POST", body: "x" })).status).toBe(405);
    const head = await get("/metrics", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  test("says so when its port is taken", async () => {
    const { server } = await served();
    const second = startStatusServer(server.port, new Metrics(), new Health("1"));
    await expect(second).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/EADDRINUSE/) });
  });
});
