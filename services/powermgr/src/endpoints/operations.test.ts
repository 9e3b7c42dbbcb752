import type { RequestContext, Served } from "@busbar/bus";
import { BusbarError, busbar, type ComponentName, componentName, endpoints, milliseconds } from "@busbar/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Operation } from "../operations/operation.ts";
import { ToyBench } from "../testing/toy-bench.ts";
import { operationEndpoints } from "./operations.ts";

const { OperationState, OperationSource } = busbar.v1;

let bench: ToyBench;
let served: Map<string, Served>;

beforeEach(async () => {
  bench = new ToyBench({ hosts: [2] });
  await bench.start();
  served = new Map(
    operationEndpoints({ engine: bench.engine, journal: bench.journal, clock: Date }).map((s) => [s.name, s]),
  );
});

afterEach(() => bench.close());

const context = (actor?: string): RequestContext => ({
  subject: "",
  receivedAt: milliseconds(0),
  signal: new AbortController().signal,
  component: () => componentName("host.0"),
  ...(actor !== undefined && { actor }),
});

const call = async (name: string, body: Uint8Array, actor?: string) => {
  const answer = await served.get(name)?.handle(body, context(actor));
  if (!answer) throw new Error(`no endpoint ${name}`);
  return answer;
};

const get = async (id: string) =>
  busbar.v1.Operation.decode((await call("operations-get", endpoints.operationsGet.request.encode({ id }))).message);

const list = async (filter: busbar.v1.ListOperationsRequest.$Properties) =>
  busbar.v1.ListOperationsResponse.decode(
    (await call("operations-list", endpoints.operationsList.request.encode(filter))).message,
  ).operations.map(({ id }) => id);

const abort = async (id: string, reason = "", actor?: string) => {
  const answer = await call("operations-abort", endpoints.operationsAbort.request.encode({ id, reason }), actor);
  return { outcome: answer.outcome, message: busbar.v1.Operation.decode(answer.message) };
};

const code = async (answer: Promise<unknown>) => {
  try {
    await answer;
  } catch (error) {
    return error instanceof BusbarError ? error.code : String(error);
  }
  return "nothing";
};

describe("get", () => {
  it("tells who asked for what, through whom, and what came of it", async () => {
    bench.rail(0).failures = 1;
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const more = { actor: "ann", requestId: "r-1", traceparent, source: "front-panel" as const };
    const { id } = await bench.run("off", "chassis.0", more);
    expect(await get(id)).toMatchObject({
      id,
      component: "chassis.0",
      verb: "off",
      actor: "ann",
      source: OperationSource.OPERATION_SOURCE_FRONT_PANEL,
      requestId: "r-1",
      traceparent,
      state: OperationState.OPERATION_STATE_SUCCEEDED,
      errorCode: 0,
      message: "",
    });
    expect((await get(id)).steps.find(({ kind }) => kind === "switch")?.attempts).toBe(2);
  });

  it("tells why one failed, and what it overrode", async () => {
    const operation: Operation = { ...(await bench.run("reset", "host.0")), overridden: ["thermal"] };
    bench.journal.operations.set(operation.id, operation);
    expect(await get(operation.id)).toMatchObject({
      state: OperationState.OPERATION_STATE_FAILED,
      errorCode: 6,
      message: expect.stringMatching(/^host\.0 is off/),
      overridden: ["thermal"],
    });
  });

  it("tells that one was rolled back", async () => {
    bench.rail(0).change("off");
    bench.rail(0).isDead = true;
    const { id } = await bench.run("on", "host.0");
    expect((await get(id)).state).toBe(OperationState.OPERATION_STATE_ROLLED_BACK);
  });
});

describe("list", () => {
  beforeEach(async () => {
    await bench.run("on", "host.0", { id: "a" });
    await bench.run("on", "host.1", { id: "b" });
    await bench.run("reset", "host.0", { id: "c" });
    bench.host(1).change("off");
    await bench.run("reset", "host.1", { id: "d" });
  });

  it("has the newest first, and goes on before any of them", async () => {
    expect(await list({})).toEqual(["d", "c", "b", "a"]);
    expect(await list({ limit: 2 })).toEqual(["d", "c"]);
    expect(await list({ limit: 2, before: "c" })).toEqual(["b", "a"]);
    expect(await list({ before: "a" })).toEqual([]);
  });

  it("can be of one component and of one state", async () => {
    expect(await list({ component: "host.0" })).toEqual(["c", "a"]);
    expect(await list({ state: OperationState.OPERATION_STATE_FAILED })).toEqual(["d"]);
    expect(await list({ component: "host.0", state: OperationState.OPERATION_STATE_FAILED })).toEqual([]);
    expect(await list({ component: "host.0", before: "c" })).toEqual(["a"]);
  });

  it("refuses what it can't mean", async () => {
    expect(await code(list({ component: "host.x" }))).toBe("INVALID_ARGUMENT");
    expect(await code(list({ state: 99 as never }))).toBe("INVALID_ARGUMENT");
    expect(await code(list({ limit: 1_001 }))).toBe("INVALID_ARGUMENT");
    expect(await code(list({ before: "nobody" }))).toBe("NOT_FOUND");
  });
});

describe("abort", () => {
  const host: ComponentName = componentName("host.0");

  it("answers with the operation, and names who did it in its end", async () => {
    bench.host(0).riseMs = "never";
    const operation = bench.submit("on", host);
    expect(await abort(operation.id, "wrong host", "ann")).toMatchObject({
      outcome: "accepted",
      message: { id: operation.id },
    });
    await bench.ended(operation);
    expect(await get(operation.id)).toMatchObject({
      state: OperationState.OPERATION_STATE_ABORTED,
      message: "aborted by ann: wrong host",
    });
  });

  it("of one that has ended changes nothing", async () => {
    const { id } = await bench.run("on", host);
    expect(await abort(id)).toMatchObject({
      outcome: "no-op",
      message: { state: OperationState.OPERATION_STATE_SUCCEEDED },
    });
  });

  it("refuses what names no operation, and a reason that would not fit into a log", async () => {
    const operation = await bench.run("on", host);
    expect(await code(abort(""))).toBe("INVALID_ARGUMENT");
    expect(await code(abort("nobody"))).toBe("NOT_FOUND");
    expect(await code(abort(operation.id, "a\nb"))).toBe("INVALID_ARGUMENT");
    expect(await code(abort(operation.id, "x".repeat(257)))).toBe("INVALID_ARGUMENT");
  });
});
