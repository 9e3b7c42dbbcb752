import type { Bus } from "@busbar/bus";
import { componentName, milliseconds } from "@busbar/contracts";
import { expect, test, vi } from "vitest";
import type { OperationRow } from "../store/tables.ts";
import { PowerLink } from "./power-link.ts";

const row = {
  id: "op",
  component: componentName("host.0"),
  action: "HOST_ACTION_ON",
  actor: "",
  request_id: null,
  timeout_ms: 30_000,
} as OperationRow;

test("powermgr gets who asked, with which request, and what is to be overridden", async () => {
  const request = vi.fn(async () => ({ message: new Uint8Array() }));
  const link = new PowerLink({ request } as unknown as Bus, milliseconds(1_000));
  const { signal } = new AbortController();
  await link.submit({ ...row, actor: "ada", request_id: "r-1" }, { override: ["thermal", "health"] }, signal);
  await link.submit(row, {}, signal);
  const headers = { operationId: "op", timeout: 30_000 };
  expect(request.mock.calls).toEqual([
    [
      expect.anything(),
      expect.anything(),
      expect.objectContaining({
        headers: { ...headers, actor: "ada", requestId: "r-1", override: ["thermal", "health"] },
      }),
    ],
    [expect.anything(), expect.anything(), expect.objectContaining({ headers })],
  ]);
});
