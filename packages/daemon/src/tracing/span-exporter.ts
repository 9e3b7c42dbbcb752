import type { ClientRequest } from "node:http";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { type EndedSpan, encodeSpans, type Resource } from "./otlp.ts";

export interface SpanExporterOptions {
  /** Base URL of the collector, as OTEL_EXPORTER_OTLP_ENDPOINT has it; spans go to its /v1/traces. */
  readonly endpoint: string;
  readonly resource: Resource;
  readonly metrics: Metrics;
  readonly log: Pick<Log, "warn" | "info">;
}

/** What waits beyond this is dropped: a dead collector must not take a BMC's memory. */
const queueLimit = 512;
const batchLimit = 128;
const gatherMs = 1_000;
const answerWithinMs = 5_000;
/** Of the 3.5 s that the whole stop has. */
const flushWithinMs = 1_000;

/** Sends ended spans to an OTLP collector, in batches, one request at a time. A batch that does not arrive is dropped. */
export class SpanExporter {
  readonly #options: SpanExporterOptions;
  readonly #url: URL;
  readonly #dropped;
  readonly #exported;
  #queue: EndedSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #request: ClientRequest | undefined;
  #isFailing = false;
  #isClosed = false;

  constructor(options: SpanExporterOptions) {
    this.#options = options;
    this.#url = new URL(`${options.endpoint.replace(/\/+$/, "")}/v1/traces`);
    this.#dropped = options.metrics.counter({
      name: "busbar_spans_dropped_total",
      help: "Spans that were not exported",
    });
    this.#exported = options.metrics.counter({ name: "busbar_spans_exported_total", help: "Spans the collector took" });
    this.#dropped.add(0);
    this.#exported.add(0);
  }

  /** Costs an array push; never throws. */
  add(span: EndedSpan): void {
    if (this.#isClosed || this.#queue.length >= queueLimit) {
      this.#dropped.add();
      return;
    }
    this.#queue.push(span);
    if (this.#queue.length >= batchLimit) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), gatherMs).unref();
  }

  /** Sends what is left, for as long as the stop can wait. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const giveUp = setTimeout(() => {
      this.#dropped.add(this.#queue.length);
      this.#queue = [];
      this.#request?.destroy(new Error("the daemon stops"));
    }, flushWithinMs);
    this.#send();
    await this.#sending;
    clearTimeout(giveUp);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#drain().finally(() => {
      this.#sending = undefined;
    });
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, batchLimit);
      try {
        await this.#post(encodeSpans(this.#options.resource, batch));
        this.#exported.add(batch.length);
        this.#tell(undefined);
      } catch (err) {
        this.#dropped.add(batch.length);
        this.#tell(err);
      }
    }
  }

  /** Once per outage, not once per batch. */
  #tell(err: unknown): void {
    const isFailing = err !== undefined;
    if (isFailing === this.#isFailing) return;
    this.#isFailing = isFailing;
    const { log } = this.#options;
    if (isFailing)
      log.warn({ err, collector: this.#url.host }, "the trace collector can't be reached; spans are dropped");
    else log.info({ collector: this.#url.host }, "the trace collector takes spans again");
  }

  async #post(body: string): Promise<void> {
    // Loaded when there is a collector: a daemon without one saves the memory.
    const { request } = this.#url.protocol === "https:" ? await import("node:https") : await import("node:http");
    await new Promise<void>((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const sent = request(this.#url, { method: "POST", headers }, (response) => {
        response.resume();
        response.on("error", reject);
        response.on("end", () => {
          const { statusCode = 0 } = response;
          if (statusCode >= 200 && statusCode < 300) resolve();
          else reject(new Error(`the collector answered ${statusCode}`));
        });
      });
      this.#request = sent;
      const late = setTimeout(() => sent.destroy(new Error(`no answer within ${answerWithinMs} ms`)), answerWithinMs);
      sent.on("error", reject);
      sent.on("close", () => {
        clearTimeout(late);
        reject(new Error("the connection ended before the answer did"));
      });
      sent.end(body);
    });
  }
}
