import type { RequestContext } from "@busbar/bus";
import { BusbarError, busbar, type ComponentName, componentName, milliseconds } from "@busbar/contracts";
import { parsePlatform } from "@busbar/platform";
import { beforeEach, describe, expect, it } from "vitest";
import type { Interlock } from "../interlocks/interlock.ts";
import type { PlanView } from "../operations/plan.ts";
import { ToyHost, ToyRail } from "../testing/toy-control.ts";
import { explainEndpoints } from "./explain.ts";

const { ExplainRequest, ExplainResponse } = busbar.v1;
const host = componentName("host.0");
const chassis = componentName("chassis.0");

const platform = parsePlatform(
  `
platform: toy
tried: true
gpio:
  chips: { main: { simulated: board } }
  lines:
    power-button-0: { chip: main, output: momentary, active: low }
    power-good-0: { chip: main, input: true, active: high }
    chassis-enable: { chip: main, output: latched, active: high }
    chassis-good: { chip: main, input: true, active: high }
domains:
  chassis.0:
    backend: { gpio: { enable: chassis-enable } }
    powerGood: { all: [chassis-good] }
    sequence: { onDelay: 0ms }
  host.0:
    backend: { gpio: { powerButton: power-button-0 } }
    powerGood: { all: [power-good-0] }
    dependsOn: [chassis.0]
`,
  "toy.yaml",
);

let refusal: BusbarError | undefined;
let denials: Map<string, string>;
let controls: Map<ComponentName, ToyHost | ToyRail>;

beforeEach(() => {
  refusal = undefined;
  denials = new Map();
  controls = new Map<ComponentName, ToyHost | ToyRail>([
    [host, new ToyHost()],
    [chassis, new ToyRail()],
  ]);
});

const interlock = (name: string, overridable: boolean): Interlock => ({
  name,
  overridable,
  check: () => {
    const message = denials.get(name);
    return message === undefined ? undefined : { message, remedy: "wait" };
  },
});

async function explain(component: ComponentName, action: string) {
  const view: PlanView = {
    graph: platform.graph,
    domain: (name) => {
      const domain = platform.domains.get(name);
      if (domain === undefined || domain.kind === "bmc") throw new Error(`no domain ${name}`);
      return domain;
    },
    power: (name) => controls.get(name)?.power ?? "unknown",
    offFor: () => undefined,
  };
  const engine = { refusal: () => refusal };
  const rules = [interlock("firmware-lock", false), interlock("thermal", true)];
  const [endpoint] = explainEndpoints({ engine, interlocks: rules, view, controls });
  const context: RequestContext = {
    subject: `powermgr.${component}.explain`,
    receivedAt: milliseconds(0),
    signal: new AbortController().signal,
    component: () => component,
  };
  const answer = await endpoint?.handle(ExplainRequest.encode({ action }).finish(), context);
  return ExplainResponse.decode(answer?.message ?? new Uint8Array());
}

describe("what would be done", () => {
  it("is told step by step, the dependency first, and not done", async () => {
    const answer = await explain(host, "HOST_ACTION_ON");
    expect(answer).toMatchObject({ component: "host.0", action: "HOST_ACTION_ON", allowed: true, refusal: "" });
    expect(answer.steps).toMatchObject([
      { component: "chassis.0", kind: "switch", line: "enable", part: 0, after: [] },
      { component: "chassis.0", kind: "await", line: "", part: 0 },
      { component: "host.0", kind: "press", line: "power-button", part: 1, after: [0] },
      { component: "host.0", kind: "await", part: 1 },
    ]);
    expect([...controls.values()].flatMap(({ acts }) => acts)).toEqual([]);
  });

  it("comes with every rule's answer, also after the first denial", async () => {
    denials.set("firmware-lock", "BIOS").set("thermal", "hot");
    const { allowed, interlocks } = await explain(host, "HOST_ACTION_ON");
    expect(allowed).toBe(false);
    expect(interlocks).toMatchObject([
      { name: "firmware-lock", allowed: false, message: "BIOS", remedy: "wait", overridable: false },
      { name: "thermal", allowed: false, message: "hot", remedy: "wait", overridable: true },
    ]);
  });

  it("is never held back for an off", async () => {
    denials.set("firmware-lock", "BIOS").set("thermal", "hot");
    const { allowed, interlocks } = await explain(host, "HOST_ACTION_FORCE_OFF");
    expect(allowed).toBe(true);
    expect(interlocks.every((answer) => answer.allowed)).toBe(true);
  });

  it("is nothing when admission would refuse it", async () => {
    refusal = new BusbarError("CONFLICT", "host.0 is busy", { remedy: "wait for it" });
    expect(await explain(host, "HOST_ACTION_ON")).toMatchObject({
      allowed: false,
      refusal: "host.0 is busy",
      refusalRemedy: "wait for it",
      steps: [],
    });
  });
});

it("an action that the kind has but nobody serves is refused with a remedy", async () => {
  const answer = await explain(chassis, "CHASSIS_ACTION_IDENTIFY_ON");
  expect(answer).toMatchObject({ allowed: false, refusal: expect.stringMatching(/not supported/) });
});

it.each(["", "HOST_ACTION_UNSPECIFIED", "CHASSIS_ACTION_ON", "constructor"])(
  "%j is no action of a host",
  async (action) => {
    await expect(explain(host, action)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  },
);

it("a component that the platform doesn't have is NOT_FOUND", async () => {
  refusal = new BusbarError("NOT_FOUND", "the platform has no host.9");
  await expect(explain(componentName("host.9"), "HOST_ACTION_ON")).rejects.toMatchObject({ code: "NOT_FOUND" });
});
