import type { ComponentKind, ComponentName } from "@busbar/contracts";
import type { Command } from "commander";
import { componentNumber } from "../arguments/component.ts";
import { override } from "../arguments/override.ts";
import { requestId } from "../arguments/request-id.ts";
import { facts } from "../output/table.ts";
import { localTime } from "../output/time.ts";
import { actionWord, statusCell } from "../output/words.ts";
import { componentStateShape } from "../shapes/component-state.ts";
import { getComponent } from "../system/ask.ts";
import { type ActionFlags, act } from "./act.ts";
import { actionWords, type NamedAction, questionBefore } from "./component-actions.ts";
import { type HistoryFlags, showHistory, withLimit } from "./history.ts";
import type { Start } from "./start.ts";
import { powerCell } from "./status.ts";
import { type WaitFlags, waitIn, withWait } from "./wait-flags.ts";

const titles: Readonly<Record<ComponentKind, string>> = {
  host: "a host: its state, and what can be done to it",
  chassis: "a chassis: its state, and what can be done to it",
  bmc: "the management controller itself",
};

/** `busbar host …`: the same commands for each kind, and one for each action that the contract defines for it. */
export function addComponentCommands(parent: Command, kind: ComponentKind, start: Start): void {
  const group = parent.command(kind).description(titles[kind]);
  const numbered = (name: string) =>
    group.command(name).argument("<n>", `number of the ${kind}`, componentNumber(kind));
  numbered("get")
    .description("its state")
    .action((name: ComponentName, _options: object, command: Command) =>
      start(command, async (context) => {
        const state = componentStateShape(await context.bus((bus) => getComponent(bus, name)));
        context.printer.show({
          json: state,
          lines: (paint) =>
            facts(
              [
                ["component", state.component],
                ["status", statusCell(state.component, state.status)],
                ["power", powerCell(state.observed)],
                ["intended", powerCell(state.intended)],
                ["since", localTime(state.changed_at)],
                ["action", actionWord(state.action ?? "")],
                ["operation", state.operation_id ?? undefined],
              ],
              paint,
            ),
        });
      }),
    );
  withLimit(numbered("history"))
    .description("its state changes, newest first")
    .action((name: ComponentName, flags: HistoryFlags, command: Command) =>
      start(command, (context) => showHistory(context, name, flags)),
    );
  for (const named of actionWords(kind)) addAction(numbered(named.word), named, start);
}

function addAction(command: Command, { action, word }: NamedAction, start: Start): void {
  const question = questionBefore(action);
  withWait(command)
    .description(action)
    .option("--request-id <id>", "sent again with the same id, the request has no second effect", requestId)
    .option("--override <interlocks>", "have these not refuse it, where policy allows: thermal,health", override)
    .action((name: ComponentName, { timeout, wait, ...flags }: WrittenFlags, self: Command) => {
      const waitFor = waitIn({ timeout, wait }, self);
      const chosen: ActionFlags = { ...flags, ...(waitFor !== undefined && { waitFor }) };
      return start(self, (context) => act({ component: name, action, word, question }, chosen, context));
    });
  if (question !== undefined) command.option("-y, --yes", "don't ask");
}

interface WrittenFlags extends WaitFlags {
  readonly requestId?: string;
  readonly override?: readonly string[];
  readonly yes?: boolean;
}
