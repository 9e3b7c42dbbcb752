import {
  actionEndpoint,
  BusbarError,
  componentName,
  componentOf,
  decodeStateChange,
  encodeActionRequest,
  epochMs,
  milliseconds,
  statusRoles,
  subjects,
} from "@busbar/contracts";
import type { JournalEntry } from "@busbar/hardware";
import type { Suite } from "./suite.ts";

const host = componentName("host.0");
const patience = milliseconds(60_000);

interface Moment {
  readonly at: number;
  readonly text: string;
}

/** Powers host.0 on and off again and shows what statemgr recorded beside what happened on the board's lines. */
export async function powerOnce(suite: Suite, write: (line: string) => void): Promise<void> {
  const moments: Moment[] = [];
  const start = Date.now();
  const clockOffset = (await suite.board.state()).at - start;
  const { seq } = await suite.board.state();
  const stopFollowing = await suite.board.onEntry((entry) => {
    const text = describe(entry);
    if (text !== undefined) moments.push({ at: entry.at - clockOffset, text });
  }, seq);
  await drive(suite, moments, "HOST_ACTION_ON", statusRoles("host").on);
  // An operating system that is still booting does not hear the button.
  await suite.board.until((entry) => entry.type === "os" && entry.component === host && entry.state === "up", {
    after: seq,
    timeout: patience,
  });
  await drive(suite, moments, "HOST_ACTION_OFF", statusRoles("host").off);
  stopFollowing();
  write("");
  write("  time      what");
  for (const { at, text } of moments.toSorted((a, b) => a.at - b.at))
    write(`  ${((at - start) / 1000).toFixed(3).padStart(7)} s ${text}`);
  const { hazards, pending } = await suite.board.hazards({ final: true });
  if (hazards.length + pending.length > 0)
    throw new BusbarError("INTERNAL", `the hazard judge recorded ${JSON.stringify([...hazards, ...pending])}`);
  write("");
  write("  the hazard judge recorded nothing");
}

async function drive(
  suite: Suite,
  moments: Moment[],
  action: "HOST_ACTION_ON" | "HOST_ACTION_OFF",
  wanted: string,
): Promise<void> {
  let settle = (_status: string) => {};
  const settled = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new BusbarError("DEADLINE_EXCEEDED", `${host} was not ${wanted} within ${patience} ms`)),
      patience,
    );
    settle = (status) => {
      clearTimeout(timer);
      resolve(status);
    };
  });
  const subscription = await suite.bus.subscribe(subjects.everyTransition, ({ subject, data }) => {
    const component = componentOf(subject);
    const { previous, current, changedAt, origin } = decodeStateChange(component, data);
    const lasted = origin.previousDurationMs ?? 0;
    moments.push({
      at: epochMs(changedAt) ?? 0,
      text: `statemgr  ${component} ${previous} -> ${current} (after ${lasted} ms)`,
    });
    if (component === host && current !== statusRoles("host").transitioning) settle(current);
  });
  await suite.bus.request(actionEndpoint("statemgr", host), encodeActionRequest(host, action), {
    subject: subjects.action("statemgr", host),
    timeout: milliseconds(10_000),
    headers: { actor: "npm-start" },
  });
  const reached = await settled;
  subscription.unsubscribe();
  if (reached !== wanted)
    throw new BusbarError("POWER_OPERATION_FAILED", `${host} is ${reached} after ${action}`, { component: host });
}

function describe(entry: JournalEntry): string | undefined {
  if (entry.type === "edge")
    return `board     ${entry.line} ${entry.wire}${entry.by === "plant" ? "" : ` by ${entry.by}`}`;
  if (entry.type === "os") return `board     ${entry.component} operating system ${entry.state}`;
  if (entry.type === "power") return `board     ${entry.component} power ${entry.state}`;
  return undefined;
}
