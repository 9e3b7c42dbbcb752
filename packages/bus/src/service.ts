import { setTimeout as sleep } from "node:timers/promises";
import { BusbarError, type Milliseconds, milliseconds } from "@busbar/contracts";
import type { Endpoint as NatsEndpoint, Service } from "nats";
import { abortable } from "./abortable.ts";
import { answerRequest, type RequestObserver } from "./answer-request.ts";
import { notConnected, subscribeDenied } from "./bus-failure.ts";
import type { BusLog } from "./bus-log.ts";
import type { Connection } from "./connection.ts";
import { EndpointCounter, type EndpointFigures } from "./endpoint-figures.ts";
import { retryWaits } from "./retry-schedule.ts";
import type { Served } from "./served.ts";

export interface ServeOptions {
  /** Letters, digits, - and _: discovery subjects are made of it. */
  readonly name: string;
  /** Semantic version. */
  readonly version: string;
  readonly description: string;
  readonly endpoints: readonly Served[];
  readonly observe?: RequestObserver;
}

export interface ServedService {
  /** NATS' id of the service instance; another one after an unexpected stop. */
  readonly id: string;
  /** Requests whose handlers haven't answered yet. */
  readonly inFlight: number;
  /** Subjects that the broker doesn't let us serve. The rest is served; these are tried again after each reconnect. */
  readonly denied: readonly string[];
  figures(): Readonly<Record<string, EndpointFigures>>;
  /** Told when the service stopped without being asked to. It is started again all the same. */
  onStopped(listener: (reason: BusbarError) => void): () => void;
  /** Takes no new requests, waits for the running ones up to `grace`. @returns how many were left without an answer */
  stop(grace: Milliseconds): Promise<number>;
}

/** A service that stops once is started again at once, one that keeps stopping after these. */
const restartWaits = { first: milliseconds(50), cap: milliseconds(5_000) };
/** One that ran for this long counts as mended. */
const stableMs = 10_000;

interface Row {
  readonly served: Served;
  readonly counter: EndpointCounter;
}

/**
 * A NATS micro service that stays up. nats.js subscribes again after a reconnect, but it stops the whole service for
 * good when the broker denies one subscription: then the others are served on without it.
 */
export class SupervisedService implements ServedService {
  readonly #connection: Connection;
  readonly #log: BusLog;
  readonly #options: ServeOptions;
  readonly #rows: readonly Row[];
  readonly #denied = new Set<string>();
  readonly #stopListeners = new Set<(reason: BusbarError) => void>();
  readonly #abort = new AbortController();
  #waits = retryWaits(restartWaits);
  #restarts = 0;
  #additions = 0;
  #startedAt = 0;
  #running: Service | undefined;
  #restarting: Promise<void> | undefined;
  #stopping = false;
  #onIdle: (() => void) | undefined;
  #forget: () => void = () => {};

  constructor(connection: Connection, log: BusLog, options: ServeOptions) {
    this.#connection = connection;
    this.#log = log;
    this.#options = options;
    this.#rows = options.endpoints.map((endpoint) => ({ served: endpoint, counter: new EndpointCounter() }));
  }

  /** Resolves when the broker has the subscriptions. */
  async start(signal?: AbortSignal): Promise<void> {
    const forgetDenials = this.#connection.onDenied(({ operation, subject }) => {
      if (operation === "subscription" && this.#rows.some((row) => row.served.subject === subject))
        this.#onDenied(subject);
    });
    const forgetStatus = this.#connection.onStatus((status) => {
      if (status === "reconnected") this.#onReconnected();
    });
    this.#forget = () => {
      forgetDenials();
      forgetStatus();
    };
    await this.#add();
    let confirmed: number;
    do {
      await this.#restarting;
      confirmed = this.#additions;
      await this.#connection.settled(signal);
    } while (this.#additions !== confirmed || this.#restarting !== undefined);
  }

  get id(): string {
    return this.#running?.info().id ?? "";
  }

  get inFlight(): number {
    return this.#rows.reduce((sum, { counter }) => sum + counter.inFlight, 0);
  }

  get denied(): readonly string[] {
    return [...this.#denied];
  }

  figures(): Readonly<Record<string, EndpointFigures>> {
    return Object.fromEntries(this.#rows.map(({ served, counter }) => [served.name, counter.figures()]));
  }

  onStopped(listener: (reason: BusbarError) => void): () => void {
    this.#stopListeners.add(listener);
    return () => void this.#stopListeners.delete(listener);
  }

  async stop(grace: Milliseconds): Promise<number> {
    this.#stopping = true;
    this.#forget();
    const patience = AbortSignal.timeout(grace);
    const inTime = (work: Promise<unknown>) => abortable(work, patience).catch(() => {});
    if (this.#restarting !== undefined) await inTime(this.#restarting);
    if (this.#running !== undefined) await inTime(this.#running.stop());
    if (this.inFlight > 0) await inTime(new Promise<void>((resolve) => (this.#onIdle = resolve)));
    const abandoned = this.inFlight;
    this.#abort.abort(new BusbarError("ABORTED", `${this.#options.name} stops`));
    if (abandoned > 0) this.#log.warn({ abandoned }, `${this.#options.name} stops with requests unanswered`);
    if (this.#connection.connected) await inTime(this.#connection.nats.flush());
    return abandoned;
  }

  async #add(): Promise<void> {
    const { name, version, description } = this.#options;
    const statsHandler = async (endpoint: NatsEndpoint) => this.#counterOf(endpoint)?.figures();
    const service = await this.#connection.nats.services.add({ name, version, description, statsHandler });
    this.#running = service;
    this.#additions += 1;
    this.#startedAt = performance.now();
    for (const { served, counter } of this.#rows) {
      if (this.#denied.has(served.subject)) continue;
      const { subject, summary, requestType, responseType } = served;
      const answering = { served, counter, log: this.#log, signal: this.#abort.signal, observe: this.#observe };
      service.addEndpoint(served.name, {
        subject,
        metadata: { summary, request: requestType, response: responseType },
        handler: (error, message) => {
          if (error === null) void answerRequest(message, answering);
        },
      });
    }
    void service.stopped.then((reason) => {
      if (this.#running === service) this.#restart(unexpected(name, reason));
    });
  }

  readonly #observe: RequestObserver = (endpoint, code, ms) => {
    if (this.#stopping && this.inFlight === 0) this.#onIdle?.();
    this.#options.observe?.(endpoint, code, ms);
  };

  #counterOf(endpoint: NatsEndpoint): EndpointCounter | undefined {
    return this.#rows.find((row) => row.served.subject === endpoint.subject)?.counter;
  }

  #onDenied(subject: string): void {
    this.#denied.add(subject);
    this.#restart(subscribeDenied(subject));
  }

  /** The broker may have come back with other permissions. */
  #onReconnected(): void {
    this.#forgiveStops();
    if (this.#denied.size === 0) return;
    this.#denied.clear();
    this.#restart(undefined);
  }

  #forgiveStops(): void {
    this.#restarts = 0;
    this.#waits = retryWaits(restartWaits);
  }

  #restart(reason: BusbarError | undefined): void {
    if (this.#stopping || this.#connection.nats.isClosed()) return;
    if (reason !== undefined) {
      this.#log.error(
        { code: reason.code, denied: this.denied },
        `the service ${this.#options.name} stopped: ${reason.message}`,
      );
      for (const listener of this.#stopListeners) listener(reason);
    }
    this.#restarting ??= this.#replace().finally(() => {
      this.#restarting = undefined;
    });
  }

  async #replace(): Promise<void> {
    const old = this.#running;
    this.#running = undefined;
    if (performance.now() - this.#startedAt > stableMs) this.#forgiveStops();
    if (this.#restarts > 0) await sleep(this.#waits.next().value, undefined, { ref: false });
    this.#restarts += 1;
    if (this.#stopping || this.#connection.nats.isClosed()) return;
    await this.#add();
    void old?.stop().catch(() => {}); // after the new one listens, so that no request finds nobody
    this.#log.info({ denied: this.denied }, `the service ${this.#options.name} runs again`);
  }
}

function unexpected(name: string, reason: Error | null): BusbarError {
  if (reason === null) return notConnected(name);
  return new BusbarError("UNAVAILABLE", `${name}: ${reason.message}`, { cause: reason });
}
