import { BusbarError, type ComponentName, componentName } from "@busbar/contracts";
import { createLog } from "@busbar/daemon";
import { DomainGraph } from "@busbar/platform";
import { beforeEach, expect, it, vi } from "vitest";
import type { Emergency, EmergencyTrigger } from "./emergency.ts";
import { Responses, type Threat } from "./responses.ts";

const chassis = componentName("chassis.0");
const host = componentName("host.0");
const other = componentName("host.1");

let cut: EmergencyTrigger[];
let asked: { readonly component: ComponentName; readonly action: string; readonly source: string | undefined }[];
let answer: () => Promise<{ status: "HOST_STATUS_TRANSITIONING" }>;
let responses: Responses;

const threat = (over: Partial<Threat> = {}): Threat => ({
  source: "thermal",
  reason: "zone cpu at 110 °C",
  components: [host],
  response: "immediate_off",
  ...over,
});

beforeEach(() => {
  cut = [];
  asked = [];
  answer = async () => ({ status: "HOST_STATUS_TRANSITIONING" });
  responses = new Responses({
    emergency: { off: (trigger: EmergencyTrigger) => void cut.push(trigger) } as unknown as Emergency,
    door: {
      ask(component, action, _asked, source) {
        asked.push({ component, action, source });
        return answer();
      },
    },
    graph: new DomainGraph(
      new Map([
        [chassis, []],
        [host, [chassis]],
        [other, [chassis]],
      ]),
    ),
    signal: new AbortController().signal,
    log: createLog({ name: "test", level: "silent" }),
  });
});

it("cuts at once where the policy says so", () => {
  responses.respond(threat());
  expect(cut).toEqual([{ source: "thermal", reason: "zone cpu at 110 °C", actor: "", components: [host] }]);
  expect(asked).toEqual([]);
});

it("cuts nothing where nobody knows what is endangered, or the policy only wants it told", () => {
  responses.respond(threat({ components: [] }));
  responses.respond(threat({ response: "notify" }));
  responses.respond(threat({ components: [], response: "graceful_off" }));
  expect([cut, asked]).toEqual([[], []]);
});

it("asks for a graceful off of what takes the rest along", () => {
  responses.respond(threat({ response: "graceful_off", components: [host, chassis, other] }));
  expect(asked).toEqual([{ component: chassis, action: "CHASSIS_ACTION_OFF", source: "emergency" }]);
  expect(cut).toEqual([]);
});

it("asks once while the answer is on its way, and again after a refusal", async () => {
  answer = () => Promise.reject(new BusbarError("CONFLICT", "busy"));
  const graceful = threat({ response: "graceful_off" });
  responses.respond(graceful);
  responses.respond(graceful);
  expect(asked).toHaveLength(1);
  await vi.waitFor(() => {
    responses.respond(graceful);
    expect(asked.length).toBeGreaterThan(1);
  });
});
