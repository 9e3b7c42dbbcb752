import { BusbarError, type busbar, type ComponentName, endpoints, type Milliseconds } from "@busbar/contracts";
import type { Command } from "commander";
import { component } from "../arguments/component.ts";
import { reason } from "../arguments/reason.ts";
import type { Context } from "../context.ts";
import { facts } from "../output/table.ts";
import { localTime } from "../output/time.ts";
import { type EmergencyShape, emergencyShape } from "../shapes/emergency.ts";
import { answerTimeout } from "../system/ask.ts";
import { operationsEnd } from "../wait/operations-end.ts";
import { confirm } from "./confirm.ts";
import type { Start } from "./start.ts";
import { type WaitFlags, waitIn, withWait } from "./wait-flags.ts";

interface OffFlags {
  readonly reason?: string;
  readonly yes?: boolean;
  readonly waitFor: Milliseconds | undefined;
}

type WrittenFlags = WaitFlags & Omit<OffFlags, "waitFor">;

const components = (text: string, before: readonly ComponentName[] = []): readonly ComponentName[] => [
  ...before,
  component(text),
];

/** Straight to powermgr: an emergency must not depend on statemgr. */
export function addEmergencyCommands(parent: Command, start: Start): void {
  const group = parent.command("emergency").description("cut power now, and keep it off");
  withWait(group.command("off"))
    .description("cut power without shutting anything down, and latch it off")
    .argument("[component...]", "with everything that depends on it, for instance host.0 (default: all)", components)
    .option("--reason <text>", "why, for the record", reason)
    .option("-y, --yes", "don't ask")
    .action((names: readonly ComponentName[], { wait, timeout, ...flags }: WrittenFlags, command: Command) => {
      const waitFor = waitIn({ wait, timeout }, command);
      return start(command, (context) => cut(names, { ...flags, waitFor }, context));
    });
  group
    .command("clear")
    .description("allow power again; switches nothing on")
    .requiredOption("--reason <text>", "why it is over, for the record", reason)
    .action((flags: { readonly reason: string }, command: Command) =>
      start(command, async (context) => {
        const headers = { actor: context.surroundings.user };
        const { message } = await context.bus((bus) =>
          bus.request(endpoints.emergencyClear, { reason: flags.reason }, { timeout: answerTimeout, headers }),
        );
        show(message, context);
      }),
    );
  group
    .command("status")
    .description("whether an emergency keeps power off, and why")
    .action((_options: object, command: Command) =>
      start(command, async (context) => {
        const { message } = await context.bus((bus) =>
          bus.request(endpoints.emergencyGet, {}, { timeout: answerTimeout }),
        );
        show(message, context);
      }),
    );
}

async function cut(names: readonly ComponentName[], flags: OffFlags, context: Context): Promise<void> {
  const { surroundings } = context;
  const what = names.length === 0 ? "everything" : names.join(", ");
  if (!flags.yes) {
    const cost = `power of ${what} and of all that depends on it is cut without shutting anything down`;
    await confirm("emergency off", cost, surroundings);
  }
  const request = { components: [...names], reason: flags.reason ?? "" };
  const { user, interrupted } = surroundings;
  const failed = await context.bus(async (bus) => {
    const asked = { timeout: answerTimeout, headers: { actor: user } };
    const { message } = await bus.request(endpoints.emergencyOff, request, asked);
    // Told before the waiting: that power is being cut is what matters now.
    show(message, context);
    if (flags.waitFor === undefined) return undefined;
    const ended = await operationsEnd(bus, message.operationIds, flags.waitFor, interrupted());
    return ended.find(({ state }) => state !== "succeeded");
  });
  if (failed === undefined) return;
  throw new BusbarError("POWER_OPERATION_FAILED", `operation ${failed.id} ended ${failed.state}`, {
    component: failed.component,
    operationId: failed.id,
    remedy: `see busbar operations get ${failed.id}, and cut the power by other means`,
  });
}

function show(message: busbar.v1.EmergencyStatus.$Properties, { printer }: Context): void {
  const status = emergencyShape(message);
  printer.show({
    json: status,
    lines: (paint) => (status.latched ? facts(factsOf(status), paint) : ["no emergency: power may be switched on"]),
  });
}

const factsOf = (status: EmergencyShape) =>
  [
    ["emergency", { text: "latched: nothing is switched on or reset", tone: "bad" }],
    ["source", status.source ?? undefined],
    ["reason", status.reason ?? undefined],
    ["actor", status.actor ?? undefined],
    ["since", localTime(status.since)],
    ["switched off", status.components.join(", ")],
    ["persisting", { text: status.persisting.join(", "), tone: "bad" }],
    ["operations", status.operation_ids.join(", ")],
  ] as const;
