import { BusbarError, componentName } from "@busbar/contracts";
import { DomainGraph, type Platform } from "@busbar/platform";
import { beforeEach, describe, expect, it } from "vitest";
import type { PowerRequest } from "../operations/operation.ts";
import { panelDomain } from "../testing/panel-domain.ts";
import { PanelActions, type PanelActionsOptions } from "./panel-actions.ts";

const host = componentName("host.0");
const actor = "front-panel/power-button";

let submitted: PowerRequest[];
let logged: string[];
let actions: PanelActions;

beforeEach(() => {
  submitted = [];
  logged = [];
  const platform: Pick<Platform, "domains" | "graph"> = {
    domains: new Map([[host, panelDomain("act")]]),
    graph: new DomainGraph(new Map([[host, []]])),
  };
  const note = (level: string) => (_: object, text: string) => void logged.push(`${level}: ${text}`);
  actions = new PanelActions({
    engine: {
      submit: (request: PowerRequest) => {
        submitted.push(request);
        return {} as ReturnType<PanelActionsOptions["engine"]["submit"]>;
      },
    },
    platform: platform as Platform,
    log: { info: note("info"), warn: note("warn") } as unknown as PanelActionsOptions["log"],
  });
});

const fails = (code: "UNAVAILABLE" | "DEADLINE_EXCEEDED" | "INTERLOCK_DENIED") => async () => {
  throw new BusbarError(code, "no");
};

describe("a panel button's action", () => {
  it("goes to statemgr, which decides", async () => {
    const asked: string[] = [];
    actions.statemgr = async (...request) => void asked.push(request.join(" "));
    await actions.act(host, "HOST_ACTION_OFF", actor);
    expect(asked).toEqual(["host.0 HOST_ACTION_OFF front-panel/power-button"]);
    expect(submitted).toEqual([]);
  });

  it.each([
    ["without a broker", undefined],
    ["when statemgr isn't there", fails("UNAVAILABLE")],
    ["when statemgr doesn't answer", fails("DEADLINE_EXCEEDED")],
  ])("is carried out %s, if it is an off", async (_, statemgr) => {
    actions.statemgr = statemgr;
    await actions.act(host, "HOST_ACTION_FORCE_OFF", actor);
    expect(submitted).toEqual([
      {
        id: expect.stringMatching(/^front-panel-[0-9a-f-]{36}$/),
        component: host,
        verb: "force-off",
        action: "HOST_ACTION_FORCE_OFF",
        actor,
        source: "front-panel",
        timeout: 30_000,
      },
    ]);
  });

  it.each([
    ["without a broker", undefined],
    ["when statemgr isn't there", fails("UNAVAILABLE")],
  ])("is not carried out %s, if it is an on", async (_, statemgr) => {
    actions.statemgr = statemgr;
    await actions.act(host, "HOST_ACTION_ON", actor);
    expect(submitted).toEqual([]);
    expect(logged).toEqual(["warn: a panel button is not acted for"]);
  });

  it("that statemgr refuses is not carried out", async () => {
    actions.statemgr = fails("INTERLOCK_DENIED");
    await actions.act(host, "HOST_ACTION_OFF", actor);
    expect(submitted).toEqual([]);
    expect(logged).toEqual(["warn: a panel button is not acted for"]);
  });
});
