import { endpoints } from "@busbar/contracts";
import type { Command } from "commander";
import { reason } from "../arguments/reason.ts";
import type { Paint, Tone } from "../output/style.ts";
import { type Cell, facts, table } from "../output/table.ts";
import { localTime, span } from "../output/time.ts";
import { actionWord } from "../output/words.ts";
import { type OperationShape, operationShape, type StepShape } from "../shapes/operation.ts";
import { answerTimeout, getOperation } from "../system/ask.ts";
import { operationsEnd } from "../wait/operations-end.ts";
import { type HistoryFlags, withLimit } from "./history.ts";
import type { Start } from "./start.ts";
import { type WaitFlags, waitIn, withWait } from "./wait-flags.ts";

interface ListFlags extends HistoryFlags {
  readonly active?: boolean;
}

interface AbortFlags extends WaitFlags {
  readonly reason?: string;
}

export function addOperationsCommands(parent: Command, start: Start): void {
  const operations = parent.command("operations").description("what powermgr does and did");
  withLimit(operations.command("list", { isDefault: true }))
    .description("operations, newest first (what `busbar operations` does)")
    .option("--active", "only what goes on now")
    .action(({ active = false, limit }: ListFlags, command: Command) =>
      start(command, async (context) => {
        const { message } = await context.bus((bus) =>
          bus.request(endpoints.operationsList, { active, limit }, { timeout: answerTimeout }),
        );
        const found = message.operations.map(operationShape);
        context.printer.show({
          json: { operations: found },
          lines: (paint) =>
            table(["ID", "COMPONENT", "ACTION", "STATE", "QUEUED", "TOOK", "ACTOR"], found.map(rowOf), paint),
        });
      }),
    );
  operations
    .command("get")
    .description("one operation, step by step")
    .argument("<id>", "as the answer to its request gave it")
    .action((id: string, _options: object, command: Command) =>
      start(command, async (context) => {
        const operation = operationShape(await context.bus((bus) => getOperation(bus, id)));
        context.printer.show({ json: operation, lines: (paint) => details(operation, paint) });
      }),
    );
  withWait(operations.command("abort"))
    .description("end an operation before its time; a pulse that has begun runs to its end first")
    .argument("<id>", "as the answer to its request gave it")
    .option("--reason <text>", "why, for the record", reason)
    .action((id: string, flags: AbortFlags, command: Command) => {
      const waitFor = waitIn(flags, command);
      return start(command, async (context) => {
        const { user, interrupted } = context.surroundings;
        const request = { id, reason: flags.reason ?? "" };
        const operation = await context.bus(async (bus) => {
          const asked = { timeout: answerTimeout, headers: { actor: user } };
          const { message } = await bus.request(endpoints.operationsAbort, request, asked);
          const [ended] = waitFor === undefined ? [] : await operationsEnd(bus, [id], waitFor, interrupted());
          return ended ?? operationShape(message);
        });
        context.printer.show({ json: operation, lines: (paint) => details(operation, paint) });
      });
    });
}

const rowOf = (operation: OperationShape): Cell[] => [
  operation.id,
  operation.component,
  actionWord(operation.action),
  stateCell(operation.state),
  localTime(operation.queued_at),
  took(operation),
  operation.actor ?? undefined,
];

const details = (operation: OperationShape, paint: Paint): string[] => [
  ...facts(
    [
      ["operation", operation.id],
      ["component", operation.component],
      ["action", actionWord(operation.action)],
      ["state", stateCell(operation.state)],
      ["actor", operation.actor ?? undefined],
      ["queued", localTime(operation.queued_at)],
      ["took", took(operation)],
    ],
    paint,
  ),
  ...section(["STEP", "COMPONENT", "LINE", "TOOK", "OUTCOME"], operation.steps.map(stepRow), paint),
  ...section(
    ["OUTCOME OF", "VERB", "RESULT", "POWER", "MESSAGE"],
    operation.outcomes.map(({ component, verb, success, error_code, power, message }) => [
      component,
      verb,
      success ? { text: "done", tone: "good" } : { text: error_code ?? "failed", tone: "bad" },
      power,
      message ?? undefined,
    ]),
    paint,
  ),
];

const section = (headings: readonly string[], rows: readonly Cell[][], paint: Paint): string[] =>
  rows.length === 0 ? [] : ["", ...table(headings, rows, paint)];

const stepRow = (step: StepShape): Cell[] => [
  step.kind,
  step.component,
  step.line ?? undefined,
  step.outcome === null ? undefined : span(step.duration_ms),
  step.outcome ?? "going on",
];

const tones: Readonly<Record<string, Tone>> = { succeeded: "good", queued: "busy", running: "busy", verifying: "busy" };
const stateCell = (state: string): Cell => ({ text: state, tone: tones[state] ?? "bad" });

/** From admission to the end. */
const took = ({ queued_at, finished_at }: OperationShape): string | undefined =>
  queued_at === null || finished_at === null ? undefined : span(Date.parse(finished_at) - Date.parse(queued_at));
