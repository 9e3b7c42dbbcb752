import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Power } from "@busbar/backend";
import { type ComponentName, headers } from "@busbar/contracts";
import {
  type ComponentOutcome,
  isFinal,
  type Operation,
  type OperationFailure,
  type OperationState,
  type StepRecord,
} from "../operations/operation.ts";
import { AppendLog } from "./append-log.ts";

/** An event for the stream; `id` counts up within the journal's epoch. */
export interface JournalEvent {
  readonly id: number;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

interface EventRecord {
  readonly n: number;
  readonly subject: string;
  readonly data: string;
  readonly operation?: string;
  readonly traceparent?: string;
}

type JournalRecord =
  | { readonly k: "epoch"; readonly epoch: string; readonly next: number }
  | { readonly k: "op"; readonly op: Operation }
  | { readonly k: "step"; readonly id: string; readonly step: StepRecord }
  | { readonly k: "outcome"; readonly id: string; readonly outcome: ComponentOutcome; readonly event: EventRecord }
  | {
      readonly k: "end";
      readonly id: string;
      readonly state: OperationState;
      readonly at: number;
      readonly failure?: OperationFailure;
    }
  | { readonly k: "event"; readonly event: EventRecord }
  | ({ readonly k: "powered-on" } & PoweredOnRecord)
  | ({ readonly k: "power"; readonly event?: EventRecord } & PowerRecord);

/** The last change of a domain's power-good. `boot` and `at` (ms of CLOCK_BOOTTIME) say when, whatever the wall clock did. */
export interface PowerRecord {
  readonly component: ComponentName;
  readonly power: Power;
  readonly boot: string;
  readonly at: number;
}

/** How long a component has been powered in all, as counted at `at` (ms of CLOCK_BOOTTIME) of a boot. */
export interface PoweredOnRecord {
  readonly component: ComponentName;
  readonly ms: number;
  readonly isOn: boolean;
  readonly boot: string;
  readonly at: number;
}

export interface JournalOptions {
  readonly directory: string;
  readonly retainOperations: number;
  readonly retainEvents: number;
  /** The file is rewritten with what is retained once it is larger than this. */
  readonly compactAboveBytes: number;
  readonly onFailure: (error: unknown) => void;
  readonly onRecovered: () => void;
  /** Told how long each batch of records took to be stored, in milliseconds. */
  readonly onSync?: (durationMs: number) => void;
}

/** Events that the stream doesn't have yet are kept beyond the retention, up to this many times as many. */
const unpublishedFactor = 10;

/** How long a record that could not be stored waits for another try. */
const retryMs = 500;

/**
 * What powermgr did and was about to do, keyed by operation id (DESIGN §5). Open operations and recent ones are held in
 * memory; the file is what survives.
 */
export class Journal {
  readonly epoch: string;
  readonly operations: Map<string, Operation>;
  readonly powers: Map<ComponentName, PowerRecord>;
  readonly poweredOn: Map<ComponentName, PoweredOnRecord>;
  readonly droppedBytes: number;
  #log: AppendLog;
  #events: JournalEvent[];
  #nextEvent: number;
  #options: JournalOptions;
  #acknowledged = 0;
  #failing = false;
  #closed = false;
  #compacting = false;
  /** What happened while the file could not be written, oldest first. */
  #backlog: { readonly text: string; readonly stored: () => void }[] = [];
  #retry: NodeJS.Timeout | undefined;

  private constructor(log: AppendLog, state: JournalState, droppedBytes: number, options: JournalOptions) {
    this.#log = log;
    this.epoch = state.epoch;
    this.operations = state.operations;
    this.powers = state.powers;
    this.poweredOn = state.poweredOn;
    this.#events = state.events;
    this.#nextEvent = state.nextEvent;
    this.droppedBytes = droppedBytes;
    this.#options = options;
  }

  static async open(options: JournalOptions): Promise<Journal> {
    const { log, records, dropped } = await AppendLog.open(join(options.directory, "journal.ndjson"));
    const state = replay(records.map((text) => JSON.parse(text) as JournalRecord));
    if (options.onSync) log.onSync = options.onSync;
    const journal = new Journal(log, state, dropped, options);
    journal.#forget();
    if (records.length === 0 || log.size > options.compactAboveBytes) await journal.#compact();
    return journal;
  }

  /** Takes in an admitted operation. It has touched nothing yet: a crash may forget it, and statemgr sends it again. */
  admitted(operation: Operation): void {
    this.operations.set(operation.id, operation);
  }

  /** Records its start. Nothing waits for that: its first intent follows in the same file. */
  started(operation: Operation): void {
    void this.#eventually({ k: "op", op: operation });
  }

  /** Resolves once the intent is durable: only then may the line be touched. Rejects when it can't be stored. */
  async intent(operation: Operation, step: StepRecord): Promise<void> {
    operation.steps.push(step);
    await this.#append({ k: "step", id: operation.id, step });
  }

  /** The intent of an act that does not wait for its record: an emergency off acts first (DESIGN §5). */
  acting(operation: Operation, step: StepRecord): void {
    operation.steps.push(step);
    this.stepped(operation, step);
  }

  stepped(operation: Operation, step: StepRecord): void {
    void this.#eventually({ k: "step", id: operation.id, step });
  }

  /** Resolves once outcome and event are durable, however long that takes. */
  async outcome(operation: Operation, outcome: ComponentOutcome, subject: string, data: Uint8Array): Promise<void> {
    operation.outcomes.push(outcome);
    const event = this.#event(subject, data, operation.id);
    await this.#eventually({ k: "outcome", id: operation.id, outcome, event: eventRecord(event) });
    this.#publish(event);
  }

  end(operation: Operation, state: OperationState, at: number, failure?: OperationFailure): void {
    operation.state = state;
    operation.finishedAt = at;
    if (failure) operation.failure = failure;
    void this.#eventually({ k: "end", id: operation.id, state, at, ...(failure && { failure }) });
    this.#forget();
    void this.#compactIfLarge();
  }

  /** Refuses the id from now on. Resolves once that is durable; rejects when it can't be stored. */
  async tombstone(operation: Operation, at: number): Promise<void> {
    this.operations.set(operation.id, operation);
    try {
      await this.#append({ k: "op", op: operation });
    } catch (error) {
      this.operations.delete(operation.id);
      throw error;
    }
    this.end(operation, "tombstone", at);
  }

  /** Resolves once the change and its event are durable, however long that takes. */
  async power(record: PowerRecord, subject: string, data: Uint8Array): Promise<void> {
    const event = this.#event(subject, data);
    this.powers.set(record.component, record);
    await this.#eventually({ k: "power", ...record, event: eventRecord(event) });
    this.#publish(event);
  }

  /** Resolves once the event is durable, however long that takes. */
  async event(subject: string, data: Uint8Array): Promise<void> {
    const event = this.#event(subject, data);
    await this.#eventually({ k: "event", event: eventRecord(event) });
    this.#publish(event);
  }

  powered(record: PoweredOnRecord): void {
    this.poweredOn.set(record.component, record);
    void this.#eventually({ k: "powered-on", ...record });
  }

  /** The first stored event after `id`. */
  after(id: number): JournalEvent | undefined {
    const last = this.#events.at(-1);
    if (last === undefined || last.id <= id) return undefined;
    return this.#events.find((event) => event.id > id);
  }

  onEvent: () => void = () => {};

  /** The stream has the events up to this one. */
  acknowledged(id: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, id);
  }

  /** Of the file. */
  get bytes(): number {
    return this.#log.size;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#log.close();
  }

  #event(subject: string, data: Uint8Array, operation?: string): JournalEvent {
    const traceparent = operation === undefined ? undefined : this.operations.get(operation)?.traceparent;
    const event = { id: this.#nextEvent, subject, data, headers: headersOf(operation, traceparent) };
    this.#nextEvent += 1;
    return event;
  }

  #publish(event: JournalEvent): void {
    this.#events.push(event);
    const { retainEvents } = this.#options;
    const isPublished = (this.#events[0]?.id ?? 0) <= this.#acknowledged;
    if (this.#events.length > retainEvents * (isPublished ? 1 : unpublishedFactor)) this.#events.shift();
    this.onEvent();
  }

  /** Rejects when the record, or one that waits before it, can't be stored. */
  async #append(record: JournalRecord): Promise<void> {
    await this.#clearBacklog();
    await this.#write(JSON.stringify(record));
  }

  async #write(text: string): Promise<void> {
    try {
      await this.#log.append(text);
    } catch (error) {
      if (!this.#failing) this.#options.onFailure(error);
      this.#failing = true;
      throw error;
    }
    if (this.#failing) this.#options.onRecovered();
    this.#failing = false;
  }

  /** For what has already happened: it must be recorded, in its order, so it waits until it can be. */
  async #eventually(record: JournalRecord): Promise<void> {
    const text = JSON.stringify(record);
    if (this.#backlog.length === 0) {
      try {
        return await this.#write(text);
      } catch {
        // `onFailure` was told; the backlog tries again
      }
    }
    return new Promise((stored) => {
      this.#backlog.push({ text, stored });
      this.#retry ??= setTimeout(() => void this.#tryAgain(), retryMs);
    });
  }

  async #tryAgain(): Promise<void> {
    this.#retry = undefined;
    try {
      await this.#clearBacklog();
    } catch {
      if (!this.#closed) this.#retry ??= setTimeout(() => void this.#tryAgain(), retryMs);
    }
  }

  async #clearBacklog(): Promise<void> {
    while (this.#backlog.length > 0) {
      // Written twice after a half success, a record does no more than once (see replay).
      const waiting = [...this.#backlog];
      await Promise.all(waiting.map(({ text }) => this.#write(text)));
      this.#backlog = this.#backlog.filter((entry) => !waiting.includes(entry));
      for (const { stored } of waiting) stored();
    }
  }

  #forget(): void {
    for (const [id, operation] of this.operations) {
      if (this.operations.size <= this.#options.retainOperations) return;
      if (isFinal(operation.state)) this.operations.delete(id);
    }
  }

  async #compactIfLarge(): Promise<void> {
    if (this.#compacting || this.#log.size <= this.#options.compactAboveBytes) return;
    this.#compacting = true;
    try {
      await this.#compact();
    } catch (error) {
      this.#options.onFailure(error);
    } finally {
      this.#compacting = false;
    }
  }

  async #compact(): Promise<void> {
    await this.#log.replace(() => {
      const records: JournalRecord[] = [{ k: "epoch", epoch: this.epoch, next: this.#nextEvent }];
      for (const op of this.operations.values()) records.push({ k: "op", op });
      for (const power of this.powers.values()) records.push({ k: "power", ...power });
      for (const powered of this.poweredOn.values()) records.push({ k: "powered-on", ...powered });
      for (const event of this.#events) records.push({ k: "event", event: eventRecord(event) });
      return records.map((record) => JSON.stringify(record));
    });
  }
}

const eventRecord = (event: JournalEvent): EventRecord => ({
  n: event.id,
  subject: event.subject,
  data: Buffer.from(event.data).toString("base64"),
  ...(event.headers[headers.operationId] && { operation: event.headers[headers.operationId] }),
  ...(event.headers[headers.traceparent] && { traceparent: event.headers[headers.traceparent] }),
});

const headersOf = (operation?: string, traceparent?: string): Readonly<Record<string, string>> => ({
  ...(operation !== undefined && { [headers.operationId]: operation }),
  ...(traceparent !== undefined && { [headers.traceparent]: traceparent }),
});

interface JournalState {
  epoch: string;
  nextEvent: number;
  operations: Map<string, Operation>;
  powers: Map<ComponentName, PowerRecord>;
  poweredOn: Map<ComponentName, PoweredOnRecord>;
  events: JournalEvent[];
}

/** Replaying a record twice does no more than once: a compacted file can hold what is appended again after it. */
function replay(records: readonly JournalRecord[]): JournalState {
  const state: JournalState = {
    epoch: randomUUID(),
    nextEvent: 1,
    operations: new Map(),
    powers: new Map(),
    poweredOn: new Map(),
    events: [],
  };
  const addEvent = (event: EventRecord) => {
    if (event.n <= (state.events.at(-1)?.id ?? 0)) return;
    state.events.push({
      id: event.n,
      subject: event.subject,
      data: Buffer.from(event.data, "base64"),
      headers: headersOf(event.operation, event.traceparent),
    });
    state.nextEvent = Math.max(state.nextEvent, event.n + 1);
  };
  for (const record of records) {
    switch (record.k) {
      case "epoch":
        state.epoch = record.epoch;
        state.nextEvent = Math.max(state.nextEvent, record.next);
        break;
      case "op":
        state.operations.set(record.op.id, record.op);
        break;
      case "step": {
        const steps = state.operations.get(record.id)?.steps;
        const known =
          steps?.findIndex(({ part, step }) => part === record.step.part && step === record.step.step) ?? -1;
        if (known >= 0) steps?.splice(known, 1, record.step);
        else steps?.push(record.step);
        break;
      }
      case "outcome": {
        const outcomes = state.operations.get(record.id)?.outcomes;
        const known = outcomes?.some((outcome) => outcome.component === record.outcome.component);
        if (!known) outcomes?.push(record.outcome);
        addEvent(record.event);
        break;
      }
      case "end": {
        const operation = state.operations.get(record.id);
        const { state: endState, at: finishedAt, failure } = record;
        if (operation) Object.assign(operation, { state: endState, finishedAt, ...(failure && { failure }) });
        break;
      }
      case "power": {
        const { component, power, boot, at } = record;
        state.powers.set(component, { component, power, boot, at });
        if (record.event) addEvent(record.event);
        break;
      }
      case "event":
        addEvent(record.event);
        break;
      case "powered-on": {
        const { k: _, ...powered } = record;
        state.poweredOn.set(powered.component, powered);
        break;
      }
      default:
        record satisfies never;
    }
  }
  return state;
}
