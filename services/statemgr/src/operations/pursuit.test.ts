import { BusbarError, componentName } from "@busbar/contracts";
import { FakeClock, type Log } from "@busbar/daemon";
import { expect, test, vi } from "vitest";
import type { OperationRow } from "../store/tables.ts";
import type { PowerLink, Submission } from "./power-link.ts";
import { Pursuit, type PursuitOptions } from "./pursuit.ts";

const host = componentName("host.0");
const clock = new FakeClock();

const operation: OperationRow = {
  id: "op",
  component: host,
  action: "HOST_ACTION_ON",
  verb: "on",
  actor: "ada",
  request_id: "r-1",
  state: "open",
  error_code: null,
  message: null,
  accepted_at: 0,
  finished_at: null,
  boot_id: clock.bootId,
  deadline: 60_000,
  timeout_ms: 30_000,
  traceparent: null,
};

test("a lost request is sent again with what was to be overridden and its trace", async () => {
  const answers: Submission[] = [
    { kind: "lost", error: new BusbarError("DEADLINE_EXCEEDED", "no answer") },
    { kind: "admitted" },
  ];
  const submit = vi.fn<PowerLink["submit"]>();
  const sentAgain = new Promise<void>((resolve) => {
    submit.mockImplementation(async () => {
      const [next = { kind: "admitted" }] = answers.splice(0, 1);
      if (answers.length === 0) resolve();
      return next;
    });
  });
  const pursuit = new Pursuit({
    link: { submit, operation: async () => undefined } as unknown as PowerLink,
    tables: { operation: () => operation, componentsOf: () => [] } as unknown as PursuitOptions["tables"],
    commits: {} as PursuitOptions["commits"],
    ledger: {} as PursuitOptions["ledger"],
    log: { warn: vi.fn(), error: vi.fn() } as unknown as Log,
    clock,
    askEveryMs: 1,
    onLateEnd: () => {},
  });
  const companions = { override: ["thermal"], traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` };
  await pursuit.begin(operation, companions);
  await sentAgain;
  await pursuit.stop();
  expect(submit.mock.calls.map(([sent, along]) => [sent.id, along])).toEqual([
    ["op", companions],
    ["op", companions],
  ]);
});
