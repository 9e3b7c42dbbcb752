import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { program, type Running } from "./testing/programs.ts";
import { testFolder } from "./testing/test-folder.ts";

const start = program(new URL("./testing/sample-daemon.ts", import.meta.url));

const ready = (daemon: Running) => daemon.line(/"msg":"ready"/);
const steps = ({ lines }: Running) => lines.filter((line) => !line.startsWith("{") && line !== "ran for a while");

describe("a daemon", () => {
  test("says when it is ready and stops in reverse order on SIGTERM", async () => {
    const daemon = start();
    await ready(daemon);
    daemon.child.kill("SIGTERM");
    await expect(daemon.ended).resolves.toBe(0);
    expect(steps(daemon)).toEqual(["aborted at true", "stopped first", "second step undone", "first step undone"]);
    await daemon.line(/"msg":"stopped"/);
  });

  test("stops the same way on SIGINT", async () => {
    const daemon = start();
    await ready(daemon);
    daemon.child.kill("SIGINT");
    await expect(daemon.ended).resolves.toBe(0);
    expect(steps(daemon)).toContain("first step undone");
  });

  test("ends with 1 and says so when its stop hangs", async () => {
    const daemon = start({ args: ["--misbehave", "hang-in-stop"] });
    await ready(daemon);
    daemon.child.kill("SIGTERM");
    await expect(daemon.ended).resolves.toBe(1);
    await daemon.line(/did not stop in time/);
  });

  test("ends at once when it is told twice", async () => {
    const daemon = start({ args: ["--misbehave", "hang-in-stop"] });
    await ready(daemon);
    daemon.child.kill("SIGTERM");
    await daemon.line(/stopped first/);
    const told = performance.now();
    daemon.child.kill("SIGTERM");
    await expect(daemon.ended).resolves.toBe(1);
    expect(performance.now() - told).toBeLessThan(2_000);
  });

  test("undoes the other steps when one fails, and ends with 1", async () => {
    const daemon = start({ args: ["--misbehave", "fail-in-stop"] });
    await ready(daemon);
    daemon.child.kill("SIGTERM");
    await expect(daemon.ended).resolves.toBe(1);
    expect(steps(daemon)).toContain("first step undone");
    await expect(daemon.line(/a step of the stop failed/)).resolves.toContain('"step":"second"');
  });

  test("can be told to stop while it starts", async () => {
    const daemon = start({ args: ["--misbehave", "hang-in-start"] });
    await daemon.line(/hanging/);
    daemon.child.kill("SIGTERM");
    await expect(daemon.ended).resolves.toBe(1);
    await daemon.line(/did not stop in time/);
  });

  test.each([
    ["INVALID_ARGUMENT", 2],
    ["CONFLICT", 3],
    ["UNAVAILABLE", 1],
    ["INTERNAL", 70],
    ["something else", 70],
  ])("whose start throws %s ends with %d and undoes what was done", async (code, exit) => {
    const daemon = start({ args: ["--refuse", code] });
    await expect(daemon.ended).resolves.toBe(exit);
    await daemon.line(/can't start/);
    expect(steps(daemon)).toEqual(["second step undone", "first step undone"]);
  });

  test.each(["throw-later", "reject-later"])(
    "ends with 70 after a bug (%s), and lets go of its lines first",
    async (how) => {
      const daemon = start({ args: ["--misbehave", how] });
      await expect(daemon.ended).resolves.toBe(70);
      expect(steps(daemon)).toEqual(["lines released"]);
      await expect(daemon.line(/stopped by a bug/)).resolves.toMatch(
        /"type":"TypeError","message":"unforeseen".*"stack"/,
      );
    },
  );

  test("doesn't wait long for a step that hangs after a bug", async () => {
    const daemon = start({ args: ["--misbehave", "hang-in-fatal"] });
    await expect(daemon.ended).resolves.toBe(70);
  });

  test("goes on when whoever read its log is gone", async () => {
    const daemon = start({ args: ["--log-level", "debug"] });
    await ready(daemon);
    daemon.child.stdout?.destroy();
    await daemon.line(/ran for a while/); // and wrote five lines into the broken pipe
    daemon.child.kill("SIGTERM");
    await expect(daemon.ended).resolves.toBe(0);
    expect(steps(daemon)).toContain("first step undone");
  });

  test("goes on when the disk that its log is written to is full", async () => {
    const daemon = start({ args: ["--log-level", "debug"], stdout: "/dev/full" });
    await daemon.line(/ran for a while/);
    daemon.child.kill("SIGTERM");
    await expect(daemon.ended).resolves.toBe(0);
    expect(steps(daemon)).toContain("first step undone");
  });
});

describe("a daemon's metrics", () => {
  test("are served when a port is given, with health beside them", async () => {
    const daemon = start({ env: { BUSBAR_SAMPLE_METRICS_PORT: "0" } });
    const port = /"metricsPort":(\d+)/.exec(await daemon.line(/metricsPort/))?.[1];
    await ready(daemon);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(text).toContain("sample_total 7\n");
    expect(text).toContain('busbar_build_info{service="sample",version="1.2.3"} 1');
    const health = await (await fetch(`http://127.0.0.1:${port}/healthz`)).json();
    expect(health).toMatchObject({ status: "degraded", checks: [{ name: "sample" }] });
    daemon.child.kill("SIGTERM");
    await expect(daemon.ended).resolves.toBe(0);
  });
});

describe("a daemon's configuration", () => {
  test("that is wrong ends it with 2 before it starts, and every mistake is named", async () => {
    const daemon = start({ args: ["--wait", "5"], env: { BUSBAR_LOG_LEVEL: "loud" } });
    await expect(daemon.ended).resolves.toBe(2);
    expect(daemon.lines.join("\n")).toMatch(/flag --wait.*"5" must be a duration/);
    expect(daemon.lines.join("\n")).toMatch(/environment BUSBAR_LOG_LEVEL.*one of trace/);
    expect(daemon.lines.join("\n")).not.toMatch(/undone/);
  });

  test("is read again on SIGHUP, and kept when the new one is wrong", async () => {
    const file = join(testFolder(), "sample.json");
    writeFileSync(file, JSON.stringify({ wait: "1s" }));
    const daemon = start({ args: ["--config", file] });
    await ready(daemon);
    writeFileSync(file, JSON.stringify({ wait: "2s", logLevel: "debug" }));
    daemon.child.kill("SIGHUP");
    await expect(daemon.line(/"msg":"reloaded"/)).resolves.toMatch(/"wait":2000/);
    await daemon.line(/"msg":"tick"/); // the level followed
    writeFileSync(file, JSON.stringify({ wait: "2 minutes" }));
    daemon.child.kill("SIGHUP");
    await daemon.line(/the new configuration is wrong/);
    daemon.child.kill("SIGTERM");
    await expect(daemon.ended).resolves.toBe(0);
  });

  test("that looks like a slip is warned of", async () => {
    const daemon = start({ env: { BUSBAR_LOG_LEVLE: "debug" } });
    await expect(daemon.line(/"level":40/)).resolves.toMatch(/did you mean BUSBAR_LOG_LEVEL/);
  });
});

describe("asked instead of run, a daemon", () => {
  test("prints its effective configuration with sources, secrets hidden", async () => {
    const daemon = start({ args: ["--print-config", "--wait=3s"], env: { BUSBAR_PASSWORD: "hunter2" } });
    await expect(daemon.ended).resolves.toBe(0);
    const shown = daemon.lines.join("\n");
    expect(shown).toMatch(/^wait = 3s +# flag --wait$/m);
    expect(shown).toMatch(/^password = \*{8} +# environment BUSBAR_PASSWORD$/m);
    expect(shown).toMatch(/^logLevel = info +# default$/m);
  });

  test("checks its configuration", async () => {
    await expect(start({ args: ["--check-config"] }).ended).resolves.toBe(0);
    await expect(start({ args: ["--check-config", "--wait", "never"] }).ended).resolves.toBe(2);
  });

  test("helps, even when the rest of the command line is wrong", async () => {
    const daemon = start({ args: ["--help", "--nonsense"] });
    await expect(daemon.ended).resolves.toBe(0);
    expect(daemon.lines[0]).toBe("sample 1.2.3: a daemon to test with");
    expect(daemon.lines.join("\n")).toContain("--metrics-port VALUE");
  });

  test("tells its version", async () => {
    const daemon = start({ args: ["--version"] });
    await expect(daemon.ended).resolves.toBe(0);
    expect(daemon.lines).toEqual(["sample 1.2.3"]);
  });
});
