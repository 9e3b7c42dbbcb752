import {
  BusbarError,
  type ComponentName,
  componentKinds,
  endpoints,
  kindOf,
  nearMiss,
  subjects,
} from "@busbar/contracts";
import { Argument, type Command } from "commander";
import { componentNumber } from "../arguments/component.ts";
import type { Paint } from "../output/style.ts";
import { table } from "../output/table.ts";
import { type ExplanationShape, explanationShape } from "../shapes/explanation.ts";
import { answerTimeout } from "../system/ask.ts";
import { actionWords } from "./component-actions.ts";
import type { Start } from "./start.ts";

/** `busbar explain host on 0`: the words of the command that would do it. */
export function addExplainCommand(parent: Command, start: Start): void {
  parent
    .command("explain")
    .description("what would become of an action now, without carrying it out; fails if it would be refused")
    .addArgument(new Argument("<kind>", "kind of the component").choices(componentKinds.toReversed()))
    .argument("<action>", "as the command is called, for instance on")
    .argument("<n>", "number of the component")
    .action(
      (kind: (typeof componentKinds)[number], word: string, number: string, _options: object, command: Command) => {
        const known = actionWords(kind);
        const action = known.find((named) => named.word === word)?.action ?? unknownAction(kind, word, known);
        const name = numbered(kind, number);
        return start(command, async (context) => {
          const endpoint = endpoints.statemgrExplain.find(({ name: row }) => row === `${kindOf(name)}-explain`);
          if (endpoint === undefined) throw new BusbarError("INTERNAL", `no endpoint to explain ${name}`);
          const { message } = await context.bus((bus) =>
            bus.request(
              endpoint,
              { action },
              {
                subject: subjects.component("statemgr", name, "explain"),
                timeout: answerTimeout,
              },
            ),
          );
          const explanation = explanationShape(message);
          context.printer.show({ json: explanation, lines: (paint) => shown(explanation, `${name} ${word}`, paint) });
          if (!explanation.allowed) throw refused(explanation, `${name} ${word}`, name);
        });
      },
    );
}

function unknownAction(kind: string, word: string, known: readonly { readonly word: string }[]): never {
  const words = known.map((named) => named.word);
  const meant = nearMiss(word, words);
  throw new BusbarError("INVALID_ARGUMENT", `a ${kind} has no action ${word}`, {
    reason: "usage",
    remedy: meant === undefined ? `it has ${words.join(", ")}` : `did you mean ${meant}?`,
  });
}

function numbered(kind: (typeof componentKinds)[number], number: string): ComponentName {
  try {
    return componentNumber(kind)(number);
  } catch {
    throw new BusbarError("INVALID_ARGUMENT", `n: "${number}" is not valid`, {
      reason: "usage",
      remedy: `give the number of a ${kind}, for instance 0`,
    });
  }
}

function shown(explanation: ExplanationShape, what: string, paint: Paint): string[] {
  const { allowed, refusal, interlocks, steps } = explanation;
  const head = `${what}: ${allowed ? paint("good", "would be done") : paint("bad", "would be refused")}`;
  return [
    head,
    ...(refusal === null ? [] : [refusal]),
    ...section(
      ["INTERLOCK", "SAYS", "WHY", "REMEDY"],
      interlocks.map(({ name, allowed: isAllowed, message, remedy, overridable }) => [
        name,
        isAllowed ? { text: "yes", tone: "good" } : { text: overridable ? "no (overridable)" : "no", tone: "bad" },
        message ?? undefined,
        remedy ?? undefined,
      ]),
      paint,
    ),
    ...section(
      ["PART", "AFTER", "STEP", "COMPONENT", "LINE"],
      steps.map(({ part, after, kind, component, line }) => [
        String(part),
        after.join(", "),
        kind,
        component,
        line ?? undefined,
      ]),
      paint,
    ),
  ];
}

const section = (headings: readonly string[], rows: Parameters<typeof table>[1], paint: Paint): string[] =>
  rows.length === 0 ? [] : ["", ...table(headings, rows, paint)];

/** As the request itself would fail, so that a script asks first what it would be told later. */
function refused({ refusal, refusal_remedy, interlocks }: ExplanationShape, what: string, component: string) {
  if (refusal !== null) {
    return new BusbarError("FAILED_PRECONDITION", `${what} would be refused: ${refusal}`, {
      component,
      reason: "state",
      remedy: refusal_remedy ?? `see busbar status`,
    });
  }
  const denial = interlocks.find(({ allowed }) => !allowed);
  return new BusbarError("INTERLOCK_DENIED", `${what} would be refused: ${denial?.message ?? "no reason was given"}`, {
    component,
    reason: denial?.name ?? "unknown",
    remedy: denial?.remedy ?? "see busbar health",
  });
}
