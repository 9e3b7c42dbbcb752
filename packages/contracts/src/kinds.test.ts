import { describe, expect, it } from "vitest";
import { BusbarError } from "./busbar-error.ts";
import { componentKinds, componentName, kindOf } from "./component.ts";
import { endpoints } from "./endpoint.ts";
import { errorCodes } from "./error-code.ts";
import { decodeError, encodeError } from "./error-message.ts";
import {
  actionMessages,
  actionsOf,
  decodeActionRequest,
  decodeActionResponse,
  encodeActionRequest,
  encodeActionResponse,
  statusRoles,
} from "./kinds.ts";
import type { MessageType } from "./message-type.ts";
import { busbar, schema } from "./messages.ts";

const host = componentName("host.0");
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof BusbarError ? error.code : String(error);
  }
  return "nothing";
};

describe("the bytes of u-bmc's peers", () => {
  it("host.0 ON and chassis.0 OFF are what they send", () => {
    expect(hex(encodeActionRequest(host, "HOST_ACTION_ON"))).toBe("0a06686f73742e301001");
    expect(hex(encodeActionRequest(componentName("chassis.0"), "CHASSIS_ACTION_OFF"))).toBe(
      "0a09636861737369732e301002",
    );
  });

  it("ON is 1 for a chassis and 2 for a host", () => {
    expect(hex(encodeActionResponse(host, "HOST_STATUS_ON"))).toBe("0802");
    expect(hex(encodeActionResponse(componentName("chassis.0"), "CHASSIS_STATUS_ON"))).toBe("0801");
  });

  it("unknown fields are tolerated", () => {
    const extended = Buffer.concat([encodeActionRequest(host, "HOST_ACTION_OFF"), Buffer.from("c23e03616263", "hex")]);
    expect(decodeActionRequest(host, extended)).toBe("HOST_ACTION_OFF");
  });
});

describe("a request is refused when", () => {
  const request = (hostName: string, action: number) =>
    schema.v1alpha1.ChangeHostStateRequest.encode({ hostName, action }).finish();
  it.each([
    ["its body is empty", new Uint8Array()],
    ["it names nobody", request("", 1)],
    ["it names another than the subject", request("host.1", 1)],
    ["it names a chassis", encodeActionRequest(componentName("chassis.0"), "CHASSIS_ACTION_OFF")],
    ["its action is UNSPECIFIED", request("host.0", 0)],
    ["its action is a number nobody defined", request("host.0", 99)],
    ["its bytes are torn", encodeActionRequest(host, "HOST_ACTION_ON").subarray(0, 5)],
    ["its bytes are noise", Buffer.from("ffffffffffffffffffffffff", "hex")],
    ["its bytes are a megabyte of zeros", new Uint8Array(1_000_000)],
  ])("%s", (_why, bytes) => {
    expect(code(() => decodeActionRequest(host, bytes))).toBe("INVALID_ARGUMENT");
  });
});

it("every action of every kind survives the wire", () => {
  for (const kind of componentKinds) {
    const component = componentName(`${kind}.3`);
    for (const action of actionsOf(kind))
      expect(decodeActionRequest(component, encodeActionRequest(component, action))).toBe(action);
  }
});

it("no status and no error is mistaken for another: an Error decodes as every response with nothing set", () => {
  const error = encodeError(
    new BusbarError("INTERLOCK_DENIED", "too hot", {
      component: "host.0",
      operationId: "op",
      reason: "thermal",
      remedy: "cool down",
      details: { zone: "cpu" },
    }),
  );
  for (const kind of componentKinds) {
    const component = componentName(`${kind}.0`);
    expect(actionMessages(kind).response.decode(error).currentStatus).toBe(0);
    expect(code(() => decodeActionResponse(component, error))).toBe("INTERNAL");
    expect(statusRoles(kindOf(component)).on).toMatch(/(ON|READY)$/);
  }
  expect(schema.v1alpha1.PowerControlResponse.decode(error)).toMatchObject({ accepted: false, message: "" });
  const responses = Object.values(endpoints)
    .flat()
    .map(({ response }) => response as MessageType<unknown>);
  for (const response of responses) {
    const isUndecoded = response.decode(error) === error;
    if (!isUndecoded) expect(response.encode(response.decode(error))).toHaveLength(0);
  }
});

it("an error arrives as it was sent", () => {
  const sent = new BusbarError("POWER_GOOD_TIMEOUT", "no power-good", {
    component: "host.0",
    operationId: "op",
    reason: "r",
    remedy: "look",
    details: { a: "b" },
  });
  const received = decodeError(encodeError(sent));
  expect(received).toMatchObject({
    code: "POWER_GOOD_TIMEOUT",
    message: "no power-good",
    component: "host.0",
    operationId: "op",
    reason: "r",
    remedy: "look",
    details: { a: "b" },
  });
});

it("the error table has the numbers of the proto enum, each once", () => {
  for (const [name, row] of Object.entries(errorCodes)) {
    expect(busbar.v1.ErrorCode[`ERROR_CODE_${name}` as keyof typeof busbar.v1.ErrorCode]).toBe(row.number);
  }
  expect(new Set(Object.values(errorCodes).map(({ number }) => number)).size).toBe(Object.keys(errorCodes).length);
});

it("64-bit numbers are numbers", () => {
  const bytes = busbar.v1.Revision.encode({ epoch: "e", id: 2 ** 52 + 1 }).finish();
  expect(busbar.v1.Revision.decode(bytes).id).toBe(2 ** 52 + 1);
  expect(busbar.v1.GetHistoryRequest.decode(new Uint8Array()).before).toBe(0);
});
