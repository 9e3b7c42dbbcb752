import { BusbarError, type ErrorCode, type Milliseconds, milliseconds } from "@busbar/contracts";
import type { Bus } from "./bus.ts";
import type { BusLog } from "./bus-log.ts";
import { ensureStream, findPosition, type Known, type StreamName } from "./event-stream.ts";
import { JetStream } from "./jetstream.ts";
import { messageIdOf, type OutboxRow, type OutboxSource } from "./outbox.ts";
import { retryWaits } from "./retry-schedule.ts";
import { isConcreteSubject, subjectMatches } from "./subject.ts";

export interface RelayObserver {
  /** @param ms from publish to acknowledgement */
  published?(ms: number): void;
  failed?(code: ErrorCode): void;
  skipped?(): void;
}

export interface OutboxRelayOptions {
  readonly bus: Pick<Bus, "exchange" | "connected" | "onStatus" | "maxPayload">;
  readonly stream: StreamName;
  readonly source: OutboxSource;
  readonly log: BusLog;
  readonly observe?: RelayObserver;
  /** How long an acknowledgement may take before the stream is asked what it stored. Default 2 s. */
  readonly acknowledgementTimeout?: Milliseconds;
}

export interface OutboxRelay {
  /** The highest id that the stream is known to hold. */
  readonly position: number;
  /** Why nothing gets through at the moment, for health; events are kept meanwhile. */
  readonly problem: string | undefined;
  /** There are new rows. Cheap: call it after every commit. */
  wake(): void;
  /** Lets the publish under way end. */
  stop(): Promise<void>;
}

export function startOutboxRelay(options: OutboxRelayOptions): OutboxRelay {
  const relay = new Relay(options);
  relay.start();
  return relay;
}

const failureWaits = { first: milliseconds(100), cap: milliseconds(5_000) };
const defaultAcknowledgementTimeout = milliseconds(2_000);
/** Between two log lines about the same problem. */
const reminderMs = 30_000;
/** Headers and subject that come on top of a row's bytes. */
const envelopeBytes = 1024;

/**
 * Publishes the rows of an outbox to a stream, in order, one at a time, each once (DESIGN "Durable events").
 * After a start, a reconnect or an uncertain acknowledgement the stream itself is asked what it holds.
 */
class Relay implements OutboxRelay {
  readonly #options: OutboxRelayOptions;
  readonly #jetStream: JetStream;
  #known: Known = { position: 0, sequence: 0, created: "" };
  #waits = retryWaits(failureWaits);
  #problem: { readonly text: string; readonly loggedAt: number } | undefined;
  /** Rows may have come since the source was last asked. */
  #woken = true;
  /** What the stream holds has to be asked again. */
  #stale = true;
  #stopping = false;
  #asleep: { readonly forRows: boolean; readonly end: () => void } | undefined;
  #ended: Promise<void> = Promise.resolve();
  #forget: () => void = () => {};

  constructor(options: OutboxRelayOptions) {
    this.#options = options;
    this.#jetStream = new JetStream(options.bus.exchange);
  }

  get position(): number {
    return this.#known.position;
  }

  get problem(): string | undefined {
    return this.#problem?.text;
  }

  start(): void {
    this.#forget = this.#options.bus.onStatus(() => {
      this.#stale = true;
      this.#asleep?.end();
    });
    this.#ended = this.#run();
  }

  wake(): void {
    this.#woken = true;
    if (this.#asleep?.forRows) this.#asleep.end();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#forget();
    this.#asleep?.end();
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        if (!this.#options.bus.connected) {
          await this.#sleep({ forRows: false });
          continue;
        }
        this.#stale = false;
        await this.#align();
        await this.#follow();
      } catch (error) {
        this.#onFailure(error);
        if (!this.#stopping && !this.#stale) await this.#sleep({ forRows: false, atMost: this.#waits.next().value });
      }
    }
  }

  /** Finds out after which row to go on. */
  async #align(): Promise<void> {
    const { stream, source, log } = this.#options;
    const info = await ensureStream(this.#jetStream, stream, log);
    const position = await findPosition(this.#jetStream, stream.name, info, source, this.#known);
    if (position < this.#known.position) {
      log.warn(
        { stream: stream.name, from: this.#known.position, to: position },
        "the stream lost events; publishing them again",
      );
    }
    this.#known = { position, sequence: info.lastSequence, created: info.created };
    if (position > 0) source.acknowledged(position);
  }

  /** Publishes until the stream has to be asked again. */
  async #follow(): Promise<void> {
    while (!this.#stopping && !this.#stale) {
      this.#woken = false;
      const next = this.#options.source.after(this.#known.position);
      const row = next instanceof Promise ? await next : next;
      if (row === undefined) {
        this.#onSuccess();
        if (!this.#woken && !this.#stale && !this.#stopping) await this.#sleep({ forRows: true });
      } else {
        await this.#pass(row);
      }
    }
  }

  async #pass(row: OutboxRow): Promise<void> {
    const { source, log, observe } = this.#options;
    if (row.id <= this.#known.position) throw new BusbarError("INTERNAL", `outbox row ${row.id} was published before`);
    const flaw = this.#flawOf(row);
    if (flaw === undefined) {
      await this.#publish(row);
      this.#onSuccess();
    } else {
      // It would hold up every event behind it for ever.
      log.error({ id: row.id, subject: row.subject, flaw }, "an event can't be published and is skipped");
      observe?.skipped?.();
      this.#known = { ...this.#known, position: row.id };
    }
    source.acknowledged(row.id);
  }

  async #publish(row: OutboxRow): Promise<void> {
    const { stream, source, observe } = this.#options;
    const message = {
      subject: row.subject,
      data: row.data,
      headers: row.headers,
      id: messageIdOf(source.epoch, row.id),
    };
    const timeout = this.#options.acknowledgementTimeout ?? defaultAcknowledgementTimeout;
    const started = performance.now();
    const { sequence } = await this.#jetStream.publish(message, stream.name, timeout);
    this.#known = { ...this.#known, position: row.id, sequence: Math.max(sequence, this.#known.sequence) };
    observe?.published?.(performance.now() - started);
  }

  #flawOf({ subject, data }: OutboxRow): string | undefined {
    const { stream, bus } = this.#options;
    if (!isConcreteSubject(subject) || !stream.subjects.some((pattern) => subjectMatches(pattern, subject))) {
      return `its subject isn't one of the stream ${stream.name}`;
    }
    return data.length + envelopeBytes > bus.maxPayload
      ? `its ${data.length} bytes are more than the broker carries`
      : undefined;
  }

  #onSuccess(): void {
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#waits = retryWaits(failureWaits);
    this.#options.log.info(
      { stream: this.#options.stream.name, position: this.position },
      "events are published again",
    );
  }

  #onFailure(thrown: unknown): void {
    const { log, stream, observe } = this.#options;
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    const code = thrown instanceof BusbarError ? thrown.code : "INTERNAL";
    observe?.failed?.(code);
    const now = performance.now();
    const isNews =
      this.#problem === undefined || this.#problem.text !== text || now - this.#problem.loggedAt > reminderMs;
    if (isNews) {
      const fields = { stream: stream.name, position: this.position, code, err: thrown };
      log[code === "INTERNAL" ? "error" : "warn"](fields, `events wait: ${text}`);
    }
    this.#problem = { text, loggedAt: isNews ? now : (this.#problem?.loggedAt ?? now) };
  }

  #sleep({ forRows, atMost }: { forRows: boolean; atMost?: Milliseconds }): Promise<void> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const end = () => {
        clearTimeout(timer);
        this.#asleep = undefined;
        resolve();
      };
      if (atMost !== undefined) timer = setTimeout(end, atMost);
      this.#asleep = { forRows, end };
    });
  }
}
