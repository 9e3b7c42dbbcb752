import { type busbar, endpoints } from "@busbar/contracts";
import type { Command } from "commander";
import { table } from "../output/table.ts";
import { powerWord } from "../shapes/component-state.ts";
import { textOrNull } from "../shapes/text.ts";
import { isoTime } from "../shapes/time.ts";
import { answerTimeout } from "../system/ask.ts";
import type { Start } from "./start.ts";
import { powerCell } from "./status.ts";

export function addDomainsCommand(parent: Command, start: Start): void {
  parent
    .command("domains")
    .description("power domains of the platform, and what powermgr sees of them")
    .action((_options: object, command: Command) =>
      start(command, async (context) => {
        const domains = await context.bus(async (bus) => {
          const [listed, seen] = await Promise.all([
            bus.request(endpoints.domainsList, {}, { timeout: answerTimeout }),
            bus.request(endpoints.systemStatus, {}, { timeout: answerTimeout }),
          ]);
          const byName = new Map(seen.message.domains.map((status) => [status.component, status]));
          return listed.message.domains.map((domain) => domainShape(domain, byName.get(domain.component)));
        });
        context.printer.show({
          json: { domains },
          lines: (paint) =>
            table(
              ["DOMAIN", "BACKEND", "DEPENDS ON", "POWER", "AVAILABLE", "OPERATION"],
              domains.map((domain) => [
                domain.component,
                domain.backend,
                domain.depends_on.join(", "),
                powerCell(domain.power),
                domain.available ? "yes" : { text: `no: ${domain.reason ?? "not monitored"}`, tone: "bad" },
                domain.operation_id ?? undefined,
              ]),
              paint,
            ),
        });
      }),
    );
}

const domainShape = (domain: busbar.v1.Domain.$Properties, status: busbar.v1.DomainStatus.$Properties | undefined) => ({
  component: domain.component ?? "",
  backend: domain.backend ?? "",
  depends_on: domain.dependsOn ?? [],
  power: powerWord(status?.power),
  observed_at: isoTime(status?.observedAt),
  available: status?.available ?? false,
  /** Why it isn't available. */
  reason: textOrNull(status?.reason),
  operation_id: textOrNull(status?.operationId),
});
