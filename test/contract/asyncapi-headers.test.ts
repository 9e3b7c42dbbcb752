import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Broker, type Bus, connectBus, served, startBroker } from "@busbar/bus";
import { endpoints, headers, milliseconds } from "@busbar/contracts";
import { Ajv, type ValidateFunction } from "ajv";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";

// What docs/asyncapi.yaml says of headers is written by hand; here a daemon's edge is asked whether it agrees.

const root = fileURLToPath(new URL("../../", import.meta.url));
const { schemas } = parse(readFileSync(join(root, "docs/asyncapi.yaml"), "utf8")).components;
const ajv = new Ajv();
const isRequest: ValidateFunction = ajv.compile(schemas.requestHeaders);
const isAnswer: ValidateFunction = ajv.compile(schemas.responseHeaders);
const isError: ValidateFunction = ajv.compile(schemas.errorHeaders);

const folder = mkdtempSync(join(tmpdir(), "busbar-headers-"));
const log = { debug() {}, info() {}, warn() {}, error() {} };
let broker: Broker;
let bus: Bus;

beforeAll(async () => {
  broker = await startBroker({ storeDir: folder, jetstream: false });
  bus = await connectBus({ url: broker.url, name: "test", log });
  const endpoint = served(endpoints.domainsList, () => ({ message: {}, outcome: "no-op", operationId: "op-1" }));
  await bus.serve({ name: "powermgr", version: "0.0.0", description: "", endpoints: [endpoint] });
});

afterAll(async () => {
  await bus?.close(milliseconds(1_000));
  await broker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  [headers.requestId, "3fa8c1"],
  [headers.requestId, "two words"],
  [headers.requestId, "x".repeat(128)],
  [headers.requestId, "x".repeat(129)],
  [headers.operationId, "op-1"],
  [headers.operationId, "\u00e9"],
  [headers.timeoutMs, "1"],
  [headers.timeoutMs, "0"],
  [headers.timeoutMs, "3600000"],
  [headers.timeoutMs, "3600001"],
  [headers.timeoutMs, "1.5"],
  [headers.actor, "ops@example.com"],
  [headers.actor, "x".repeat(257)],
  [headers.traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
  [headers.traceparent, "nonsense"],
])("the edge and the document agree on %s: %s", async (name, value) => {
  const reply = await ask({ [name]: value });
  const isAllowed = isRequest({ [name]: value });
  expect(reply.header(headers.error)).toBe(isAllowed ? undefined : "INVALID_ARGUMENT");
  expect((isAllowed ? isAnswer : isError)(headersOf(reply))).toBe(true);
});

const ask = (sent: Record<string, string>) =>
  bus.exchange(endpoints.domainsList.subject, new Uint8Array(), { timeout: milliseconds(5_000), headers: sent });

const headersOf = (reply: { header(name: string): string | undefined }): Record<string, string> =>
  Object.fromEntries(
    Object.values(headers).flatMap((name) => {
      const value = reply.header(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
