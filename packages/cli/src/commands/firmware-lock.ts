import { type busbar, endpoints, type Milliseconds } from "@busbar/contracts";
import { type Command, InvalidArgumentError } from "commander";
import { durationArgument } from "../arguments/duration.ts";
import { reason } from "../arguments/reason.ts";
import type { Context } from "../context.ts";
import { localTime } from "../output/time.ts";
import { textOrNull } from "../shapes/text.ts";
import { isoTime } from "../shapes/time.ts";
import { answerTimeout } from "../system/ask.ts";
import type { Start } from "./start.ts";

interface SetFlags {
  readonly reason: string;
  readonly duration?: Milliseconds;
}

const shortestMs = 1_000;

function lockTime(text: string): Milliseconds {
  const value = durationArgument(text);
  if (value >= shortestMs && Number.isInteger(value)) return value;
  throw new InvalidArgumentError("Give 1s to 24h.");
}

export function addFirmwareLockCommands(parent: Command, start: Start): void {
  const group = parent.command("firmware-lock").description("keep power as it is while firmware is written");
  group
    .command("set")
    .description("nothing is switched on, cycled or reset from now on; an off is always possible")
    .requiredOption("--reason <text>", "what is written, and to what, for the record", reason)
    .option("--duration <duration>", "when the lock ends by itself, 1s to 24h (default: 1h)", lockTime)
    .action((flags: SetFlags, command: Command) =>
      start(command, async (context) => {
        // 0 is the contract's way to say "as usual".
        const request = { reason: flags.reason, durationMs: flags.duration ?? 0 };
        const headers = { actor: context.surroundings.user };
        const { message } = await context.bus((bus) =>
          bus.request(endpoints.firmwareLockSet, request, { timeout: answerTimeout, headers }),
        );
        show(message, context);
      }),
    );
  group
    .command("clear")
    .description("end the lock before its time")
    .action((_options: object, command: Command) =>
      start(command, async (context) => {
        const headers = { actor: context.surroundings.user };
        const { message } = await context.bus((bus) =>
          bus.request(endpoints.firmwareLockClear, {}, { timeout: answerTimeout, headers }),
        );
        show(message, context);
      }),
    );
}

function show({ locked, reason: why, actor, until }: busbar.v1.FirmwareLockStatus, { printer }: Context): void {
  const status = { locked, reason: textOrNull(why), actor: textOrNull(actor), until: isoTime(until) };
  const because = status.reason === null ? "" : `: ${status.reason}`;
  printer.show({
    json: status,
    lines: () => [locked ? `locked until ${localTime(status.until)}${because}` : "not locked"],
  });
}
