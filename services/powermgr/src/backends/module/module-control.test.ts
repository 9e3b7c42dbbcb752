import { rmSync } from "node:fs";
import { milliseconds } from "@busbar/contracts";
import { type ModuleBackend, type PowerDomain, parsePlatform } from "@busbar/platform";
import { afterEach, describe, expect, it, vi } from "vitest";
import { backendText, writtenModule } from "../../testing/written-module.ts";
import { ModuleControl, type ModuleTimes } from "./module-control.ts";

const logged = vi.fn();
const log = { debug: logged, info: logged, warn: logged, error: logged } as never;
const ends: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A hang is told early here; nothing that works takes so long. */
const times: ModuleTimes = { startGraceMs: 30_000, openLimitMs: 30_000, retryMs: 5, closeLimitMs: 30_000 };

function domainWith(module: string, control = "rail"): { domain: PowerDomain; backend: ModuleBackend } {
  const platform = parsePlatform(
    `platform: toy
tried: true
gpio: { chips: {}, lines: {} }
domains:
  chassis.1:
    backend: { module: "${module}", control: ${control}, options: { outlet: 3 } }
`,
    "platform.yaml",
  );
  const [domain] = platform.domains.values();
  if (domain?.kind !== "chassis" || domain.backend.type !== "module") throw new Error("the platform has no module");
  return { domain, backend: domain.backend };
}

async function opened(
  text: string,
  { control, actLimit, ...changed }: Partial<ModuleTimes> & { control?: string; actLimit?: number } = {},
): Promise<ModuleControl> {
  const { directory, module } = writtenModule(text);
  const { domain, backend } = domainWith(module, control);
  const timing = { ...domain.timing, ...(actLimit !== undefined && { operation: milliseconds(actLimit) }) };
  const found = new ModuleControl({ ...domain, timing }, backend, { directory, log, times: { ...times, ...changed } });
  ends.push(
    () => found.close(),
    () => rmSync(directory, { recursive: true }),
  );
  await found.tried;
  return found;
}

it("acts and senses by the module", async () => {
  const control = await opened(backendText());
  expect(control.unavailable()).toBeUndefined();
  const changes: string[] = [];
  control.sense.onChange((power) => changes.push(power));
  await control.rail?.set("on");
  expect(await control.sense.readStable()).toBe("on");
  expect(changes).toEqual(["on"]);
});

it("gives the module its options, its component and the platform file's directory", async () => {
  const control = await opened(
    backendText({
      rail: `{ line: [context.component, context.control, context.options.outlet, context.directory !== ""].join(" "), set: async () => {} }`,
    }),
  );
  expect(control.rail?.line).toBe("chassis.1 rail 3 true");
});

describe("a domain is unavailable, and says why, when its module", () => {
  it.each([
    ["is not there", "", "./missing.mjs", "is not there"],
    ["throws while it is loaded", "throw new Error('no licence')", undefined, "no licence"],
    ["can't be parsed", "export default {", undefined, "fails while it is loaded"],
    ["exports no backend", "export default 3", undefined, "no backend as its default export"],
    ["is of another version", backendText({ apiVersion: "2" }), undefined, "interface 2, and this powermgr has 1"],
    [
      "refuses its options",
      backendText({ parseOptions: "() => { throw new Error('outlet: 1 to 8'); }" }),
      undefined,
      "domains.chassis.1.backend.options",
    ],
    ["can't be opened", backendText({ before: "throw new Error('no route to host');" }), undefined, "no route to host"],
    ["opens no rail", backendText({ rail: "undefined" }), undefined, "opens no rail"],
    ["opens no sense", backendText({ sense: "undefined" }), undefined, "opens no sense"],
  ])("%s", async (_, text, name, why) => {
    const { directory, module } = writtenModule(text);
    const { domain, backend } = domainWith(name ?? module);
    const control = new ModuleControl(domain, backend, { directory, log, times });
    ends.push(
      () => control.close(),
      () => rmSync(directory, { recursive: true }),
    );
    await control.tried;
    expect(control.unavailable()).toContain(why);
    expect(await control.sense.readStable()).toBe("unknown");
    expect(control.rail).toBeUndefined();
  });

  it("hangs while it opens; it is used when it comes after all", async () => {
    const control = await opened(
      backendText({ before: "await new Promise((r) => { globalThis.busbarOpens = r; });" }),
      {
        startGraceMs: 1,
        openLimitMs: 1,
      },
    );
    await vi.waitFor(() => expect(control.unavailable()).toContain("has not been opened within 1 ms"), {
      timeout: 10_000,
    });
    await vi.waitFor(() => expect(globalThis).toHaveProperty("busbarOpens"), { timeout: 10_000 });
    const told = new Promise<void>((resolve) => control.onAvailability(resolve));
    (globalThis as unknown as { busbarOpens: () => void }).busbarOpens();
    await told;
    expect(control.unavailable()).toBeUndefined();
  });
});

it("opens again what could not be opened, and tells what it then sees", async () => {
  const control = await opened(
    backendText({
      before: "if ((globalThis.busbarTries = (globalThis.busbarTries ?? 0) + 1) < 3) throw new Error('busy');",
    }),
  );
  const power = new Promise((resolve) => control.sense.onChange(resolve));
  expect(control.unavailable()).toContain("busy");
  expect(await power).toBe("off");
  expect(control.unavailable()).toBeUndefined();
});

describe("whatever a module does", () => {
  it.each([
    ["rejects", "async () => { throw new Error('no answer'); }"],
    ["throws", "() => { throw new Error('no answer'); }"],
    ["says something else", "async () => 1"],
  ])("a sense that %s is unknown", async (_, read) => {
    const control = await opened(
      backendText({ sense: `{ read: ${read}, readStable: ${read}, onChange: () => () => {} }` }),
    );
    expect(await control.sense.read()).toBe("unknown");
    expect(await control.sense.readStable()).toBe("unknown");
  });

  it.each([
    ["before the act keeps its code", "HARDWARE_UNAVAILABLE", "HARDWARE_UNAVAILABLE"],
    ["after the act keeps its code", "POWER_OPERATION_FAILED", "POWER_OPERATION_FAILED"],
    ["without a code leaves open whether it acted", undefined, "POWER_OPERATION_FAILED"],
    ["with a code that no act has does so too", "NOT_FOUND", "POWER_OPERATION_FAILED"],
  ])("an error %s", async (_, code, expected) => {
    const thrown = `Object.assign(new Error("outlet 3 is stuck"), { code: ${JSON.stringify(code)}, remedy: "pull it" })`;
    const control = await opened(backendText({ rail: `{ line: "3", set: async () => { throw ${thrown}; } }` }));
    await expect(control.rail?.set("on")).rejects.toMatchObject({
      code: expected,
      component: "chassis.1",
      message: "outlet 3 is stuck",
      remedy: "pull it",
    });
  });

  it("an act that does not end has failed, and its button is not pressed on top of it", async () => {
    const hangs = "() => new Promise(() => {})";
    const text = backendText().replace("rail:", `powerButton: { line: "b", press: ${hangs}, hold: ${hangs} }, rail:`);
    const control = await opened(text, { control: "buttons", actLimit: 1 });
    await expect(control.powerButton?.press()).rejects.toMatchObject({
      code: "POWER_OPERATION_FAILED",
      reason: "module-hangs",
    });
    await expect(control.powerButton?.press()).rejects.toMatchObject({ code: "HARDWARE_UNAVAILABLE" });
    // Off is always possible: a hold is tried whatever a press does.
    await expect(control.powerButton?.hold(new AbortController().signal)).rejects.toMatchObject({
      code: "POWER_OPERATION_FAILED",
    });
  });

  it("closing ends, when the module rejects and when it hangs", async () => {
    for (const close of ["async () => { throw new Error('no'); }", "() => new Promise(() => {})"]) {
      const control = await opened(backendText({ close }), { closeLimitMs: 1 });
      await control.close();
    }
    expect(logged).toHaveBeenCalledWith(expect.anything(), expect.stringContaining("does not close"));
  });
});

it("closes what is opened only after powermgr has stopped", async () => {
  const control = await opened(
    backendText({
      before: "globalThis.busbarOpening = true; await new Promise((r) => context.signal.addEventListener('abort', r));",
      close: "async () => { globalThis.busbarClosed = true; }",
    }),
    { startGraceMs: 1 },
  );
  await vi.waitFor(() => expect(globalThis).toHaveProperty("busbarOpening"), { timeout: 10_000 });
  await control.close();
  await vi.waitFor(() => expect(globalThis).toHaveProperty("busbarClosed", true), { timeout: 10_000 });
  expect(control.rail).toBeUndefined();
});
