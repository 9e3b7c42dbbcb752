import { decodeStateChange, kindOf, type Status, statusRoles, verbOf } from "@busbar/contracts";
import type { BoardSnapshot, JournalEntry } from "@busbar/hardware";
import type { StoredMessage } from "./event-stream.ts";
import type { PowermgrRecord } from "./powermgr-journal.ts";
import type { ChangeRow, ComponentRow, EventRow, StatemgrRecord } from "./statemgr-record.ts";

// Each check looks at what is left when nothing is in progress, and returns what is wrong with it, in sentences.

/** statemgr says of every component what the board is, and nothing is left in progress. */
export function disagreements(components: readonly ComponentRow[], board: BoardSnapshot): string[] {
  const real = new Map([...board.hosts, ...board.chassis].map(({ component, power }) => [component, power]));
  const told = new Map(components.map((row) => [row.name, row]));
  return [...real].flatMap(([component, power]) => {
    const row = told.get(component);
    if (row === undefined) return [`statemgr has no ${component}`];
    if (row.operation_id !== null) return [`${component} is still held by operation ${row.operation_id}`];
    return row.role === power ? [] : [`statemgr says ${row.role} of ${component}, which is ${power}`];
  });
}

export const assertedLines = (board: BoardSnapshot): string[] =>
  board.lines
    .filter(({ role, asserted }) => role === "button" && asserted)
    .map(({ line, holder }) => `${line} is still asserted, held by ${holder ?? "nobody"}`);

type Role = "on" | "off" | "transitioning" | "failed" | "unknown";

/** The machine's transitions by what they are owed to (services/statemgr/src/machine/power-machine.ts). */
const known: Readonly<Record<string, (from: readonly Role[], to: readonly Role[]) => boolean>> = {
  RECOVERED: (from, to) => from.includes("unknown") && !to.includes("transitioning"),
  REQUESTED: (_, to) => to.includes("transitioning"),
  COMPLETED: endsTransition,
  FAILED: endsTransition,
  REFUSED: endsTransition,
  OUTCOME_UNKNOWN: endsTransition,
  EXTERNAL: (from, to) => !from.includes("transitioning") && !to.includes("transitioning"),
};

function endsTransition(from: readonly Role[], to: readonly Role[]): boolean {
  return from.includes("transitioning") && !to.includes("transitioning");
}

/** A status can stand for two roles: hosts have one status for "failed" and "unknown". */
function rolesOf(change: ChangeRow, status: Status): readonly Role[] {
  const roles = Object.entries(statusRoles(kindOf(change.component))) as [Role, Status][];
  return roles.filter(([, spelling]) => spelling === status).map(([role]) => role);
}

const shown = ({ id, component, previous, current, reason }: ChangeRow) =>
  `change ${id} (${component} ${previous} -> ${current}, ${reason})`;

/** Each change begins where the one before it ended, and is one that the machine knows. */
export function illegalHistory({ changes, components }: StatemgrRecord): string[] {
  const problems: string[] = [];
  const last = new Map<string, ChangeRow>();
  for (const change of changes) {
    const before = last.get(change.component);
    last.set(change.component, change);
    if (before === undefined ? change.reason !== "RECOVERED" : change.previous !== before.current)
      problems.push(`${shown(change)} follows ${before === undefined ? "nothing" : shown(before)}`);
    const [from, to] = [rolesOf(change, change.previous), rolesOf(change, change.current)];
    if (known[change.reason]?.(from, to) !== true) problems.push(`${shown(change)} is none that the machine knows`);
    if (change.previous === change.current && !to.includes("transitioning"))
      problems.push(`${shown(change)} changes nothing`);
    const wanted = change.cause === null ? undefined : verbOf(change.cause);
    if (change.reason === "COMPLETED" && wanted !== undefined && !to.includes(wanted.endsWith("off") ? "off" : "on"))
      problems.push(`${shown(change)} ends ${change.cause} as completed`);
  }
  for (const row of components) {
    const end = last.get(row.name);
    const status = statusRoles(kindOf(row.name))[row.role];
    if (end?.current !== status || end.id !== row.revision)
      problems.push(`${row.name} is ${status} at revision ${row.revision}; its history ends with ${end && shown(end)}`);
    if (row.role === "transitioning") problems.push(`${row.name} is left TRANSITIONING`);
  }
  return problems;
}

/** Every state change has one event, in the same order, and the event tells the same. */
export function untoldChanges({ changes, outbox, epoch }: StatemgrRecord): string[] {
  const told = outbox.map(({ subject, data }) => {
    const [, , kind, index] = subject.split(".");
    const name = changes.find(({ component }) => component === `${kind}.${index}`)?.component;
    if (name === undefined) return `${subject}: of no component`;
    const { component, previous, current, origin } = decodeStateChange(name, data);
    return `${origin.revision?.epoch} ${origin.revision?.id} ${component} ${previous} -> ${current}`;
  });
  const made = changes.map(
    ({ id, component, previous, current }) => `${epoch} ${id} ${component} ${previous} -> ${current}`,
  );
  return differences("the outbox", told, "the history", made);
}

/** The stream holds what was stored, each once, in order. */
export function strayEvents(
  stream: string,
  stored: readonly EventRow[],
  epoch: string,
  messages: readonly StoredMessage[],
): string[] {
  const line = (id: string, subject: string, data: Uint8Array) =>
    `${id} ${subject} ${Buffer.from(data).toString("hex")}`;
  return differences(
    stream,
    messages.map(({ id, subject, data }) => line(id, subject, data)),
    "what was stored",
    stored.map(({ id, subject, data }) => line(`${epoch}:${id}`, subject, data)),
  );
}

function differences(what: string, found: readonly string[], other: string, wanted: readonly string[]): string[] {
  const at = wanted.findIndex((line, index) => line !== found[index]);
  if (at < 0 && found.length === wanted.length) return [];
  const place = at < 0 ? wanted.length : at;
  return [
    `${what} has ${found.length} entries, ${other} ${wanted.length}; entry ${place} is ${found[place] ?? "missing"}, not ${wanted[place] ?? "there"}`,
  ];
}

/** What a client was told of a request of its own. */
export interface Acceptance {
  readonly requestId: string;
  readonly component: string;
  readonly action: string;
  readonly outcome: string | undefined;
  readonly operationId: string | undefined;
}

/** Nobody knows whether a toggle was made that a crash cut short: what needs its outcome is left alone. */
const leftAlone = /was left alone: powermgr was restarted during the act/;

/** A crash alone makes nothing else fail: what was under way goes on, or what came of it is unknown. */
export const needlessFailures = ({ operations }: StatemgrRecord): string[] =>
  operations
    .filter(({ state, message }) => state === "failed" && !leftAlone.test(message ?? ""))
    .map(
      ({ id, component, action, error_code, message }) =>
        `operation ${id} (${action} of ${component}) failed: ${error_code} ${message}`,
    );

/** Every accepted request has exactly one operation, and that one exactly one end. */
export function strayOperations(
  { operations }: StatemgrRecord,
  journal: PowermgrRecord,
  accepted: readonly Acceptance[],
): string[] {
  const problems: string[] = [];
  for (const { requestId, component, action, outcome, operationId } of accepted) {
    const request = `request ${requestId} (${action} of ${component}, ${outcome})`;
    const owned = operations.filter((row) => row.request_id === requestId && row.state !== "refused");
    if (owned.length > 1) problems.push(`${request} has ${owned.length} operations`);
    if (outcome !== "accepted") continue;
    const own = operations.find(({ id }) => id === operationId);
    if (own === undefined) problems.push(`${request} has no operation ${operationId}`);
    if (own?.state === "refused" && own.error_code === "UNAVAILABLE")
      problems.push(`${request} was dropped after it had been accepted: ${own.message}`);
    if (owned.some(({ id }) => id !== operationId))
      problems.push(`${request} was told of ${operationId} and has ${owned.map(({ id }) => id)}`);
  }
  for (const { id, state, finished_at, component, action } of operations) {
    const operation = `operation ${id} (${action} of ${component})`;
    if (state === "open" || finished_at === null) problems.push(`${operation} has no end: ${state}`);
    const carriedOut = journal.operations.get(id);
    const own = carriedOut?.outcomes.find((outcome) => outcome.component === component);
    if (state === "succeeded" && own?.success !== true)
      problems.push(`${operation} succeeded, says statemgr; powermgr recorded ${JSON.stringify(own ?? carriedOut)}`);
    if (own?.success === true && state !== "succeeded" && state !== "aborted")
      problems.push(`${operation} succeeded, says powermgr; statemgr recorded ${state}`);
  }
  for (const { id, component, verb, state, ends, outcomes } of journal.operations.values()) {
    const operation = `powermgr's operation ${id} (${verb} of ${component})`;
    if (["queued", "running", "verifying"].includes(state)) problems.push(`${operation} has no end: ${state}`);
    if (ends > 1) problems.push(`${operation} ended ${ends} times`);
    if (!operations.some((row) => row.id === id)) problems.push(`${operation} is unknown to statemgr`);
    const told = outcomes.map((outcome) => outcome.component);
    if (new Set(told).size < told.length) problems.push(`${operation} has two outcomes for one component: ${told}`);
  }
  return problems;
}

/**
 * A toggle begins at most once per operation id, and no line is asserted without an intent on disk: the board counts
 * what was done, the journal what was about to be done.
 */
export function strayToggles(journal: PowermgrRecord, board: readonly JournalEntry[]): string[] {
  const repeated = journal.toggles
    .filter(({ begun }) => begun > 1)
    .map(
      ({ operation, part, step, line, begun }) =>
        `${line} was begun ${begun} times for step ${part}.${step} of operation ${operation}`,
    );
  const intended = count(journal.toggles.map(({ line }) => line));
  const asserted = count(
    board.flatMap((entry) =>
      entry.type === "edge" && entry.asserted && entry.by === "powermgr" && /button/.test(entry.line)
        ? [entry.line]
        : [],
    ),
  );
  const unintended = [...asserted].flatMap(([line, times]) => {
    const begun = intended.get(line) ?? 0;
    return times > begun ? [`${line} was asserted ${times} times; the journal has ${begun} intents`] : [];
  });
  return [...repeated, ...unintended];
}

function count(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
