import {
  BusbarError,
  componentName,
  decodeActionResponse,
  encodeActionRequest,
  encodeActionResponse,
} from "@busbar/contracts";
import { DomainGraph, usualPolicies } from "@busbar/platform";
import { beforeEach, describe, expect, it } from "vitest";
import type { Operation, PowerRequest } from "../operations/operation.ts";
import { panelDomain } from "../testing/panel-domain.ts";
import { Door } from "./door.ts";
import type { ForwardAction } from "./forward.ts";

const host = componentName("host.0");
const { signal } = new AbortController();
const body = (action: "HOST_ACTION_ON" | "HOST_ACTION_OFF") => encodeActionRequest(host, action);

let submitted: PowerRequest[];
let door: Door;

beforeEach(() => {
  submitted = [];
  door = new Door({
    engine: {
      submit(request) {
        submitted.push(request);
        return { ...request, state: "queued" } as unknown as Operation;
      },
    },
    platform: {
      domains: new Map([[host, panelDomain("act")]]),
      graph: new DomainGraph(new Map([[host, []]])),
      policies: usualPolicies,
    },
  });
});

const fails =
  (code: "UNAVAILABLE" | "DEADLINE_EXCEEDED" | "INTERLOCK_DENIED"): ForwardAction =>
  async () => {
    throw new BusbarError(code, "no");
  };

const deaf = [
  ["without a broker", undefined],
  ["when statemgr isn't there", fails("UNAVAILABLE")],
  ["when statemgr doesn't answer, or can't store", fails("DEADLINE_EXCEEDED")],
] as const;

describe("a request that isn't statemgr's", () => {
  it("goes to statemgr byte by byte, with all it says of itself, and so does the answer", async () => {
    const seen: unknown[] = [];
    const answer = encodeActionResponse(host, "HOST_STATUS_TRANSITIONING");
    door.forward = async (...request) => {
      seen.push(request);
      return { message: answer, outcome: "accepted", operationId: "op-1" };
    };
    const asked = { signal, actor: "ops", requestId: "r", override: ["thermal"] };
    const bytes = body("HOST_ACTION_OFF");
    expect(await door.pass(host, "HOST_ACTION_OFF", bytes, asked)).toEqual({
      message: answer,
      outcome: "accepted",
      operationId: "op-1",
    });
    expect(seen).toEqual([[host, bytes, asked]]);
    expect(submitted).toEqual([]);
  });

  it.each(deaf)("is carried out %s, if it is an off", async (_, forward) => {
    door.forward = forward;
    const { message, operationId } = await door.pass(host, "HOST_ACTION_OFF", body("HOST_ACTION_OFF"), { signal });
    expect(decodeActionResponse(host, message)).toBe("HOST_STATUS_TRANSITIONING");
    expect(operationId).toMatch(/^bypass-[0-9a-f-]{36}$/);
    expect(submitted).toMatchObject([{ component: host, verb: "off", source: "bypass" }]);
  });

  it.each(deaf)("is refused %s, if it is an on", async (_, forward) => {
    door.forward = forward;
    await expect(door.pass(host, "HOST_ACTION_ON", body("HOST_ACTION_ON"), { signal })).rejects.toThrow(BusbarError);
    expect(submitted).toEqual([]);
  });

  it("that statemgr refuses is not carried out, not even an off", async () => {
    door.forward = fails("INTERLOCK_DENIED");
    await expect(door.ask(host, "HOST_ACTION_OFF", { signal })).rejects.toMatchObject({ code: "INTERLOCK_DENIED" });
    expect(submitted).toEqual([]);
  });

  it("names its source where it is carried out without statemgr", async () => {
    const asked = { signal, actor: "front-panel/power-button" };
    const { operationId } = await door.ask(host, "HOST_ACTION_FORCE_OFF", asked, "front-panel");
    expect(operationId).toMatch(/^front-panel-[0-9a-f-]{36}$/);
    expect(submitted).toMatchObject([{ verb: "force-off", source: "front-panel", actor: "front-panel/power-button" }]);
  });
});

it("carries out what statemgr sends, under statemgr's id", () => {
  door.forward = fails("UNAVAILABLE");
  expect(door.carryOut("op-7", host, "HOST_ACTION_ON", {}).operationId).toBe("op-7");
  expect(submitted).toMatchObject([{ id: "op-7", verb: "on", source: "statemgr" }]);
});
