import type { RequestContext } from "@busbar/bus";
import {
  asBusbarError,
  BusbarError,
  busbar,
  type ComponentName,
  componentName,
  endpoints,
  milliseconds,
} from "@busbar/contracts";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type ExplainOptions, explainEndpoints } from "./explain.ts";

const host = componentName("host.0");
const { ExplainRequest, ExplainResponse } = busbar.v1;

const thermal = { name: "thermal", allowed: false, message: "hot", remedy: "cool it", overridable: true };
const press = { component: host, kind: "press", line: "power-button-0", part: 0 };

const foresee = vi.fn<ExplainOptions["ledger"]["foresee"]>();
const askPowermgr = vi.fn<ExplainOptions["link"]["explain"]>();

const answers = (message: busbar.v1.ExplainResponse.$Properties) =>
  askPowermgr.mockResolvedValue(ExplainResponse.decode(ExplainResponse.encode(message).finish()));

beforeEach(() => {
  foresee.mockReset().mockReturnValue("accept");
  answers({ component: host, action: "HOST_ACTION_ON", allowed: true, steps: [press] });
  askPowermgr.mockClear();
});

const served = explainEndpoints({
  platform: { domains: new Map([[host, {} as never]]) },
  ledger: { foresee },
  link: { explain: askPowermgr },
});

async function explain(action: string, component: ComponentName = host): Promise<busbar.v1.ExplainResponse> {
  const endpoint = served.find(({ name }) => name === "host-explain");
  const context: RequestContext = {
    subject: `statemgr.${component}.explain`,
    receivedAt: milliseconds(0),
    signal: new AbortController().signal,
    component: () => component,
  };
  const answer = await endpoint?.handle(ExplainRequest.encode({ action }).finish(), context);
  return ExplainResponse.decode(answer?.message ?? new Uint8Array());
}

const refusal = (work: Promise<unknown>): Promise<BusbarError> =>
  work.then(
    () => expect.unreachable("it was answered"),
    (error: unknown) => asBusbarError(error),
  );

const away = new BusbarError("UNAVAILABLE", "nobody serves it");
const silent = new BusbarError("DEADLINE_EXCEEDED", "not answered");
const stateRefuses = new BusbarError("FAILED_PRECONDITION", "host.0: it is off", { remedy: "switch it on" });

test("every kind is served", () => {
  expect(served.map(({ subject }) => subject)).toEqual(endpoints.statemgrExplain.map(({ subject }) => subject));
});

describe("an action that the state takes", () => {
  test("is explained by powermgr, step by step", async () => {
    expect(await explain("HOST_ACTION_ON")).toMatchObject({ allowed: true, steps: [press], refusal: "" });
    expect(foresee).toHaveBeenCalledWith({ component: host, verb: "on" });
    expect(askPowermgr).toHaveBeenCalledWith(host, "HOST_ACTION_ON", expect.any(AbortSignal));
  });

  test("is refused when powermgr would refuse it", async () => {
    answers({
      component: host,
      action: "HOST_ACTION_ON",
      allowed: false,
      interlocks: [thermal],
      refusal: "no line",
      steps: [press],
    });
    expect(await explain("HOST_ACTION_ON")).toMatchObject({
      allowed: false,
      interlocks: [thermal],
      refusal: "no line",
      steps: [],
    });
  });

  test.each([away, silent])("can't be explained without powermgr: $code", async (error) => {
    askPowermgr.mockRejectedValue(error);
    for (const action of ["HOST_ACTION_ON", "HOST_ACTION_REBOOT", "HOST_ACTION_GRACEFUL_RESTART"])
      expect(await refusal(explain(action))).toMatchObject({ code: "UNAVAILABLE", component: host });
  });

  test.each([away, silent])("is possible without powermgr when it is an off: $code", async (error) => {
    askPowermgr.mockRejectedValue(error);
    for (const action of ["HOST_ACTION_OFF", "HOST_ACTION_FORCE_OFF"])
      expect(await explain(action)).toMatchObject({ allowed: true, action, component: host });
  });

  test("any other error of powermgr is told as it is", async () => {
    askPowermgr.mockRejectedValue(new BusbarError("NOT_FOUND", "no host.0 here"));
    expect(await refusal(explain("HOST_ACTION_OFF"))).toMatchObject({ code: "NOT_FOUND" });
  });
});

test.each(["no-op", "join"] as const)("a %s needs nothing, so nothing speaks against it", async (decided) => {
  foresee.mockReturnValue(decided);
  expect(await explain("HOST_ACTION_ON")).toMatchObject({ allowed: true, steps: [], refusal: "" });
  expect(askPowermgr).not.toHaveBeenCalled();
});

describe("an action that the state refuses", () => {
  beforeEach(() => {
    foresee.mockImplementation(() => {
      throw stateRefuses;
    });
  });

  test("is refused, whatever powermgr says; its interlocks are told too, but no steps", async () => {
    answers({ component: host, action: "HOST_ACTION_REBOOT", allowed: true, interlocks: [thermal], steps: [press] });
    expect(await explain("HOST_ACTION_REBOOT")).toMatchObject({
      allowed: false,
      refusal: "host.0: it is off",
      refusalRemedy: "switch it on",
      interlocks: [thermal],
      steps: [],
    });
  });

  test("is refused without powermgr, too", async () => {
    askPowermgr.mockRejectedValue(away);
    expect(await explain("HOST_ACTION_REBOOT")).toMatchObject({ allowed: false, refusal: "host.0: it is off" });
  });
});

describe("a question without an answer", () => {
  test("before anything was observed", async () => {
    foresee.mockImplementation(() => {
      throw new BusbarError("UNAVAILABLE", "host.0 has not been observed yet");
    });
    expect(await refusal(explain("HOST_ACTION_OFF"))).toMatchObject({ code: "UNAVAILABLE" });
  });

  test("about a component that the platform hasn't", async () => {
    expect(await refusal(explain("HOST_ACTION_ON", componentName("host.7")))).toMatchObject({ code: "NOT_FOUND" });
  });

  test.each(["", "HOST_ACTION_UNSPECIFIED", "CHASSIS_ACTION_ON", "toString", "HOST_ACTION_ONN"])(
    "about the action %j",
    async (action) => {
      expect(await refusal(explain(action))).toMatchObject({ code: "INVALID_ARGUMENT" });
    },
  );
});
