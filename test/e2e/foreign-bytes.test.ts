import { componentName } from "@busbar/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bufDecode, bufEncode } from "./buf.ts";
import { RawNats } from "./raw-nats.ts";
import { useSystem } from "./system.ts";

/**
 * A peer that shares nothing with Busbar but proto/ and the broker: Buf encodes and decodes its messages, a plain socket
 * carries them. It sends no headers, as u-bmc's peers don't.
 */
const system = useSystem();
const requestType = "schema.v1alpha1.ChangeHostStateRequest";
const responseType = "schema.v1alpha1.ChangeHostStateResponse";
const changeType = "schema.v1alpha1.HostStateChange";
/** u-bmc's bytes for host.0 ON (reference/u-bmc.md). */
const golden = "0a06686f73742e301001";

let peer: RawNats;

beforeAll(async () => {
  peer = await RawNats.connect(system().suite.natsUrl);
});

afterAll(() => peer?.close());

/** Sends the bytes and waits until host.0 has become `status`. @returns the reply and both events, as they came */
async function powerTo(status: string, bytes: Uint8Array) {
  const events = await peer.subscribe("statemgr.event.host.0.transition");
  const reply = await peer.request("statemgr.host.0.action", bytes);
  const isEvent = (decoded: string) => (message: { sid: number; body: Buffer }) =>
    message.sid === events && bufDecode(changeType, message.body).currentStatus === decoded;
  const began = await peer.messages.until("the event of the beginning", isEvent("HOST_STATUS_TRANSITIONING"));
  const ended = await peer.messages.until(`the event of ${status}`, isEvent(status));
  peer.send(`UNSUB ${events}\r\n`);
  return { reply, began: bufDecode(changeType, began.body), ended: bufDecode(changeType, ended.body) };
}

test("bytes that Buf encoded power host.0 on, and its events' bytes decode there", async () => {
  const seq = await system().seq();
  const sent = bufEncode(requestType, { hostName: "host.0", action: "HOST_ACTION_ON" });
  const { reply, began, ended } = await powerTo("HOST_STATUS_ON", sent);

  expect(bufDecode(responseType, reply.body)).toEqual({ currentStatus: "HOST_STATUS_TRANSITIONING" });
  expect(reply.headers.get("Busbar-Outcome")).toBe("accepted");
  const operationId = reply.headers.get("Busbar-Operation-Id");
  const epoch = expect.stringMatching(/^[0-9a-f-]{36}$/);
  const common = {
    hostName: "host.0",
    cause: "HOST_ACTION_ON",
    changedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  };
  expect(began).toEqual({
    ...common,
    previousStatus: "HOST_STATUS_OFF",
    currentStatus: "HOST_STATUS_TRANSITIONING",
    origin: {
      revision: { epoch, id: expect.stringMatching(/^\d+$/) },
      reason: "STATE_CHANGE_REASON_REQUESTED",
      operationId,
      previousDurationMs: expect.anything(),
    },
  });
  expect(ended).toEqual({
    ...common,
    previousStatus: "HOST_STATUS_TRANSITIONING",
    currentStatus: "HOST_STATUS_ON",
    origin: {
      revision: { epoch, id: expect.stringMatching(/^\d+$/) },
      reason: "STATE_CHANGE_REASON_COMPLETED",
      operationId,
      previousDurationMs: expect.stringMatching(/^\d+$/),
    },
  });
  const { hosts } = await system().board.state();
  expect(hosts.find(({ component }) => component === componentName("host.0"))?.power).toBe("on");
  expect(await system().pulses("power-button-0", seq)).toHaveLength(1);
});

test("an error's bytes, taken for a response, decode as no status at all", async () => {
  const reply = await peer.request(
    "statemgr.host.0.action",
    bufEncode(requestType, { hostName: "host.1", action: "HOST_ACTION_ON" }),
  );
  expect(reply.headers.get("Nats-Service-Error-Code")).toBe("400");
  expect(bufDecode(responseType, reply.body)).toEqual({});
  expect(bufDecode("busbar.v1.Error", reply.body)).toMatchObject({
    code: "ERROR_CODE_INVALID_ARGUMENT",
    component: "host.0",
    remedy: expect.any(String),
  });
});

test("the golden bytes power host.0 on, through powermgr's door too", async () => {
  await system().bring("host.0", "off");
  const { ended } = await powerTo("HOST_STATUS_ON", Buffer.from(golden, "hex"));
  expect(ended).toMatchObject({ hostName: "host.0", currentStatus: "HOST_STATUS_ON", cause: "HOST_ACTION_ON" });

  // Without an operation id powermgr passes it on: the host is on, and the answer says so.
  const reply = await peer.request("powermgr.host.0.action", Buffer.from(golden, "hex"));
  expect(bufDecode(responseType, reply.body)).toEqual({ currentStatus: "HOST_STATUS_ON" });
  expect(reply.headers.get("Busbar-Outcome")).toBe("no-op");
});

test("the golden bytes are what Buf makes of host.0 ON", () => {
  expect(bufEncode(requestType, { hostName: "host.0", action: "HOST_ACTION_ON" }).toString("hex")).toBe(golden);
});
