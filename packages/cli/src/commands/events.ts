import type { Bus } from "@busbar/bus";
import { asBusbarError, BusbarError } from "@busbar/contracts";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { Interrupted } from "../interrupted.ts";
import { eventLine } from "../output/event-line.ts";
import type { Shown } from "../output/printer.ts";
import { type EventShape, eventShape, eventSubjects } from "../shapes/event.ts";
import type { Start } from "./start.ts";

interface EventFlags {
  readonly follow?: boolean;
}

export function addEventsCommand(parent: Command, start: Start): void {
  parent
    .command("events")
    .description("state changes, power results and power-good, as they come")
    .option("-f, --follow", "until Ctrl-C")
    .action(({ follow = false }: EventFlags, command: Command) =>
      start(command, async (context) => {
        if (!follow) throw needsFollow();
        await context.bus((bus) => followEvents(bus, context));
      }),
    );
}

/** Ends by Ctrl-C only: an outage of the broker is waited out, and told. */
async function followEvents(bus: Bus, context: Context): Promise<void> {
  const { printer, surroundings } = context;
  const interrupted = surroundings.interrupted();
  const following = () => printer.record(followingShown(bus.url));
  for (const subject of eventSubjects) {
    await bus.subscribe(
      subject,
      (delivery) => {
        try {
          const event = eventShape(delivery.subject, delivery.data);
          if (event) printer.record(eventShown(event));
        } catch (thrown) {
          context.note(`busbar: ${delivery.subject} holds no event that can be read: ${asBusbarError(thrown).message}`);
        }
      },
      interrupted,
    );
  }
  following();
  bus.onStatus((status) => {
    if (status === "reconnected") following();
    else context.note("busbar: lost the broker; what happens until it is back is in busbar history");
  });
  await new Promise<void>((resolve) => {
    if (interrupted.aborted) return resolve();
    interrupted.addEventListener("abort", () => resolve(), { once: true });
  });
  throw new Interrupted("stopped following");
}

/** From here on nothing is missed, until the next one of these. */
const followingShown = (url: string): Shown => ({
  json: { type: "following", nats_url: url, at: new Date().toISOString() },
  lines: (paint) => [paint("quiet", `following the events of ${url}; Ctrl-C ends it`)],
});

const eventShown = (event: EventShape): Shown => ({ json: event, lines: (paint) => [eventLine(event, paint)] });

const needsFollow = () =>
  new BusbarError("INVALID_ARGUMENT", "events come as they happen", {
    reason: "usage",
    remedy: "say --follow; what has happened is in busbar history <component>",
  });
