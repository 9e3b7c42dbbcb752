import type { BackendContext, DomainControl, Power, PowerBackend, PowerUse, Sense } from "@busbar/backend";
import { asBusbarError, BusbarError } from "@busbar/contracts";
import type { Log } from "@busbar/daemon";
import type { ModuleBackend, PowerDomain } from "@busbar/platform";
import { bounded } from "./bounded.ts";
import { guardedControl } from "./guarded-control.ts";
import { loadBackend } from "./load-backend.ts";

export interface ModuleTimes {
  /** A start waits this long for the module, so that its domain is usually known from the first moment on. */
  readonly startGraceMs: number;
  /** An opening that takes longer is reported; it is used all the same when it succeeds. */
  readonly openLimitMs: number;
  /** Between openings that fail. */
  readonly retryMs: number;
  /** What a module gets for closing before powermgr leaves without it. */
  readonly closeLimitMs: number;
}

const usualTimes: ModuleTimes = { startGraceMs: 2_000, openLimitMs: 10_000, retryMs: 5_000, closeLimitMs: 3_000 };

export interface ModuleSurroundings {
  /** The platform file's. */
  readonly directory: string;
  readonly log: Log;
  readonly times?: ModuleTimes;
}

/**
 * A domain that a module of somebody else's switches. Whatever is wrong with the module is a fact about this domain,
 * which is unavailable until it is right; everything else is served.
 */
export class ModuleControl implements DomainControl {
  readonly sense: Sense;
  #domain: PowerDomain;
  #backend: ModuleBackend;
  #directory: string;
  #log: Log;
  #times: ModuleTimes;
  #opened: DomainControl | undefined;
  #missing: string;
  #stop = new AbortController();
  #retry: NodeJS.Timeout | undefined;
  #opening: Promise<void>;
  #powerListeners = new Set<(power: Power) => void>();
  #availabilityListeners = new Set<() => void>();
  #unsubscribe: (() => void)[] = [];

  constructor(domain: PowerDomain, backend: ModuleBackend, { directory, log, times = usualTimes }: ModuleSurroundings) {
    this.#domain = domain;
    this.#backend = backend;
    this.#directory = directory;
    this.#log = log;
    this.#times = times;
    this.#missing = `module ${backend.module} has not been opened yet`;
    this.sense = {
      read: async () => this.#opened?.sense.read() ?? "unknown",
      readStable: async () => this.#opened?.sense.readStable() ?? "unknown",
      onChange: (listener) => {
        this.#powerListeners.add(listener);
        return () => this.#powerListeners.delete(listener);
      },
    };
    this.#opening = this.#load();
  }

  /** Resolves when the module is open or has failed, and at the latest when a start has waited long enough. */
  get tried(): Promise<void> {
    return bounded(this.#opening, this.#times.startGraceMs, () => undefined);
  }

  get powerButton() {
    return this.#opened?.powerButton;
  }

  get resetButton() {
    return this.#opened?.resetButton;
  }

  get forceOff() {
    return this.#opened?.forceOff;
  }

  get rail() {
    return this.#opened?.rail;
  }

  get measure() {
    return this.#opened?.measure;
  }

  async evidence(): Promise<string | undefined> {
    return this.#opened?.evidence?.();
  }

  unavailable(use?: PowerUse): string | undefined {
    return this.#opened === undefined ? this.#missing : this.#opened.unavailable(use);
  }

  onAvailability(listener: () => void): () => void {
    this.#availabilityListeners.add(listener);
    return () => this.#availabilityListeners.delete(listener);
  }

  async close(): Promise<void> {
    clearTimeout(this.#retry);
    this.#stop.abort();
    for (const end of this.#unsubscribe) end();
    this.#powerListeners.clear();
    this.#availabilityListeners.clear();
    const opened = this.#opened;
    if (opened !== undefined) await this.#close(opened);
  }

  /** What is wrong with the module itself stays so until powermgr is started again. */
  async #load(): Promise<void> {
    const late = setTimeout(
      () => this.#lack(`has not been opened within ${this.#times.openLimitMs} ms`),
      this.#times.openLimitMs,
    );
    try {
      const backend = await loadBackend(this.#backend.module, this.#directory);
      await this.#open(backend, this.#parse(backend));
    } catch (thrown) {
      this.#fail(thrown);
    } finally {
      clearTimeout(late);
    }
  }

  #parse(backend: PowerBackend<unknown>): unknown {
    try {
      return backend.parseOptions(this.#backend.options);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new BusbarError("INVALID_ARGUMENT", `module ${this.#backend.module} refuses its options: ${why}`, {
        component: this.#domain.name,
        reason: "module-options",
        remedy: `correct domains.${this.#domain.name}.backend.options in the platform file`,
        cause,
      });
    }
  }

  async #open(backend: PowerBackend<unknown>, options: unknown): Promise<void> {
    if (this.#stop.signal.aborted) return;
    let control: DomainControl;
    try {
      control = await backend.open(this.#context(backend, options));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      this.#lack(`can't open its hardware: ${why}`);
      if (this.#stop.signal.aborted) return;
      this.#retry = setTimeout(() => {
        this.#opening = this.#open(backend, options).catch((error) => this.#fail(error));
      }, this.#times.retryMs);
      return;
    }
    if (this.#stop.signal.aborted) return this.#close(control);
    const lacking = whatLacks(control, this.#backend.control);
    if (lacking !== undefined) {
      throw new BusbarError("FAILED_PRECONDITION", `module ${this.#backend.module} opens no ${lacking}`, {
        component: this.#domain.name,
        reason: "module-invalid",
        remedy: `correct control: ${this.#backend.control} in the platform file, or the module`,
      });
    }
    await this.#use(control);
  }

  #context({ name }: PowerBackend<unknown>, options: unknown): BackendContext<unknown> {
    const { name: component } = this.#domain;
    return {
      component,
      control: this.#backend.control,
      options,
      directory: this.#directory,
      log: {
        info: (message) => this.#log.info({ component, module: name }, message),
        warn: (message) => this.#log.warn({ component, module: name }, message),
      },
      signal: this.#stop.signal,
    };
  }

  async #use(control: DomainControl): Promise<void> {
    const guarded = guardedControl(control, {
      component: this.#domain.name,
      module: this.#backend.module,
      actLimit: this.#domain.timing.operation,
    });
    let heard = false;
    this.#unsubscribe.push(
      guarded.onAvailability(() => this.#availabilityChanged()),
      guarded.sense.onChange((power) => {
        heard = true;
        this.#powerChanged(power);
      }),
    );
    this.#opened = guarded;
    this.#availabilityChanged();
    const power = await guarded.sense.readStable();
    // What was heard meanwhile is newer than what was read.
    if (!heard) this.#powerChanged(power);
  }

  #fail(thrown: unknown): void {
    const error = asBusbarError(thrown);
    this.#log.warn({ err: error, component: this.#domain.name }, "the module of a domain can't be used");
    this.#missing = error.remedy === undefined ? error.message : `${error.message}; ${error.remedy}`;
    this.#availabilityChanged();
  }

  #lack(what: string): void {
    if (this.#opened !== undefined) return;
    this.#missing = `module ${this.#backend.module} ${what}`;
    this.#availabilityChanged();
  }

  async #close(control: DomainControl): Promise<void> {
    const { name: component } = this.#domain;
    const closing = (async () => control.close())().catch((err: unknown) =>
      this.#log.warn({ err, component }, "a module failed to close"),
    );
    await bounded(closing, this.#times.closeLimitMs, () => this.#log.warn({ component }, "a module does not close"));
  }

  #availabilityChanged(): void {
    for (const listener of this.#availabilityListeners) listener();
  }

  #powerChanged(power: Power): void {
    for (const listener of this.#powerListeners) listener(power);
  }
}

/** A module of plain JavaScript may return anything. */
function whatLacks(control: unknown, how: ModuleBackend["control"]): string | undefined {
  const has = (holder: unknown, ...methods: readonly string[]): boolean =>
    typeof holder === "object" &&
    holder !== null &&
    methods.every((method) => typeof (holder as Record<string, unknown>)[method] === "function");
  if (!has(control, "unavailable", "onAvailability", "close")) return "control (unavailable, onAvailability, close)";
  const { sense, rail, powerButton } = control as Partial<DomainControl>;
  if (!has(sense, "read", "readStable", "onChange")) return "sense (read, readStable, onChange)";
  if (how === "rail" && !has(rail, "set")) return "rail (set)";
  if (how === "buttons" && !has(powerButton, "press", "hold")) return "powerButton (press, hold)";
  return undefined;
}
