import type { Bus } from "@busbar/bus";
import { asBusbarError, BusbarError, busbar, endpoints, type ServiceName } from "@busbar/contracts";
import type { Command } from "commander";
import type { Tone } from "../output/style.ts";
import { type Cell, table } from "../output/table.ts";
import { enumWord } from "../output/words.ts";
import { textOrNull } from "../shapes/text.ts";
import { answerTimeout } from "../system/ask.ts";
import type { Start } from "./start.ts";

export function addHealthCommand(parent: Command, start: Start): void {
  parent
    .command("health")
    .description("what works and what doesn't; fails unless everything does")
    .action((_options: object, command: Command) =>
      start(command, async (context) => {
        const services = await context.bus((bus) => Promise.all(doors.map((door) => healthOf(bus, door))));
        context.printer.show({
          json: { status: services.every(({ status }) => status === "ok") ? "ok" : "not-ok", services },
          lines: (paint) => table(["SERVICE", "CHECK", "STATUS", "MESSAGE", "REMEDY"], services.flatMap(rowsOf), paint),
        });
        const [first] = services.filter(({ status }) => status !== "ok");
        if (first) throw notOk(first);
      }),
    );
}

const doors = [endpoints.powermgrHealth, endpoints.statemgrHealth] as const;

/** A service that gives no answer is the worst of health, not a failure to tell it. */
async function healthOf(bus: Bus, endpoint: (typeof doors)[number]) {
  try {
    const { message } = await bus.request(endpoint, {}, { timeout: answerTimeout });
    return serviceShape(endpoint.service, message);
  } catch (thrown) {
    const { message, remedy } = asBusbarError(thrown);
    const answer = { name: "answer", status: "failed", message, remedy: remedy ?? null };
    return { service: endpoint.service, status: "unavailable", version: null, checks: [answer] };
  }
}

type ServiceShape = Awaited<ReturnType<typeof healthOf>>;

const serviceShape = (service: ServiceName, { status, version, checks }: busbar.v1.GetHealthResponse) => ({
  service,
  status: statusWord(status),
  version: textOrNull(version),
  checks: checks.map((check) => ({
    name: check.name ?? "",
    status: statusWord(check.status),
    message: textOrNull(check.message),
    remedy: textOrNull(check.remedy),
  })),
});

const statusWord = (status: busbar.v1.HealthStatus | null | undefined): string =>
  enumWord(busbar.v1.HealthStatus, "HEALTH_STATUS_", status ?? 0);

const rowsOf = ({ service, status, version, checks }: ServiceShape): Cell[][] => [
  [service, version === null ? undefined : `version ${version}`, statusCell(status)],
  ...checks.map((check) => [
    service,
    check.name,
    statusCell(check.status),
    check.message ?? undefined,
    check.remedy ?? undefined,
  ]),
];

const tones: Readonly<Record<string, Tone>> = { ok: "good", degraded: "busy" };
const statusCell = (status: string): Cell => ({ text: status, tone: tones[status] ?? "bad" });

function notOk({ service, status, checks }: ServiceShape): BusbarError {
  const bad = checks.find((check) => check.status !== "ok");
  const why = bad === undefined ? "" : `: ${bad.name}: ${bad.message ?? bad.status}`;
  return new BusbarError("UNAVAILABLE", `${service} is ${status}${why}`, {
    component: service,
    reason: "health",
    remedy: bad?.remedy ?? `look at the log of ${service}`,
  });
}
