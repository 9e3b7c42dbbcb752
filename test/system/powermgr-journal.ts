import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { EventRow } from "./statemgr-record.ts";

/** Records as powermgr writes them (services/powermgr/src/store/journal.ts): what of them the checks read. */
interface StepRecord {
  readonly part: number;
  readonly step: number;
  readonly kind: string;
  readonly component: string;
  readonly line?: string;
  readonly outcome?: string;
}

interface OperationRecord {
  readonly id: string;
  readonly component: string;
  readonly verb: string;
  readonly state: string;
  readonly steps: readonly StepRecord[];
  readonly outcomes: readonly OutcomeRecord[];
}

interface OutcomeRecord {
  readonly component: string;
  readonly success: boolean;
  readonly errorCode?: string;
}

interface EventRecord {
  readonly n: number;
  readonly subject: string;
  readonly data: string;
}

type JournalRecord =
  | { readonly k: "epoch"; readonly epoch: string }
  | { readonly k: "op"; readonly op: OperationRecord }
  | { readonly k: "step"; readonly id: string; readonly step: StepRecord }
  | { readonly k: "outcome"; readonly id: string; readonly outcome: OutcomeRecord; readonly event: EventRecord }
  | { readonly k: "end"; readonly id: string; readonly state: string }
  | { readonly k: "event"; readonly event: EventRecord }
  | { readonly k: "power"; readonly event?: EventRecord };

/** One act of an operation on a momentary line. */
export interface Toggle {
  readonly operation: string;
  readonly part: number;
  readonly step: number;
  readonly line: string;
  /** How often it was begun. */
  begun: number;
}

export interface JournaledOperation {
  readonly id: string;
  readonly component: string;
  readonly verb: string;
  state: string;
  /** How often its end was recorded. */
  ends: number;
  readonly outcomes: OutcomeRecord[];
}

export interface PowermgrRecord {
  readonly epoch: string;
  readonly operations: ReadonlyMap<string, JournaledOperation>;
  readonly toggles: readonly Toggle[];
  readonly events: readonly EventRow[];
}

const toggleKinds: ReadonlySet<string> = new Set(["press", "hold", "reset"]);

export const journalPath = (dataDir: string): string => join(dataDir, "powermgr", "journal.ndjson");

/** What powermgr has on disk, torn tail excepted. */
export function readPowermgr(dataDir: string): PowermgrRecord {
  let epoch = "";
  const operations = new Map<string, JournaledOperation>();
  const toggles = new Map<string, Toggle>();
  const events = new Map<number, EventRow>();
  const begin = (operation: string, record: StepRecord) => {
    if (!toggleKinds.has(record.kind)) return;
    const { part, step, line = "?" } = record;
    const key = `${operation} ${part} ${step}`;
    const known = toggles.get(key);
    if (known === undefined) toggles.set(key, { operation, part, step, line, begun: 1 });
    // The same record again, now with its outcome, is the end of what had begun.
    else if (record.outcome === undefined) known.begun += 1;
  };
  const addEvent = ({ n, subject, data }: EventRecord) =>
    events.set(n, { id: n, subject, data: Buffer.from(data, "base64") });
  for (const record of records(journalPath(dataDir))) {
    switch (record.k) {
      case "epoch":
        epoch = record.epoch;
        break;
      case "op": {
        const { id, component, verb, state, outcomes, steps } = record.op;
        operations.set(id, { id, component, verb, state, ends: 0, outcomes: [...outcomes] });
        for (const step of steps) begin(id, { ...step, outcome: step.outcome ?? "begun before" });
        break;
      }
      case "step":
        begin(record.id, record.step);
        break;
      case "outcome":
        operations.get(record.id)?.outcomes.push(record.outcome);
        addEvent(record.event);
        break;
      case "end": {
        const operation = operations.get(record.id);
        if (operation === undefined) break;
        operation.state = record.state;
        operation.ends += 1;
        break;
      }
      case "power":
        if (record.event !== undefined) addEvent(record.event);
        break;
      case "event":
        addEvent(record.event);
        break;
    }
  }
  return { epoch, operations, toggles: [...toggles.values()], events: [...events.values()].toSorted(byId) };
}

const byId = (a: EventRow, b: EventRow) => a.id - b.id;

function* records(path: string): Generator<JournalRecord> {
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const text = line.slice(9);
    if (line.slice(0, 8) !== crc32(text).toString(16).padStart(8, "0")) return;
    yield JSON.parse(text) as JournalRecord;
  }
}
