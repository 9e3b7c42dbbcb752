import { BusbarError } from "@busbar/contracts";
import type { CheckResult, Clock, Log } from "@busbar/daemon";
import { checkedChange, type KnownSettings, type WantedChange } from "./change-check.ts";
import type { FiledValue, SettingDefinition } from "./setting-definition.ts";
import {
  type AuditEntry,
  emptyRecord,
  keepAside,
  readSettings,
  type SettingChange,
  type SettingsRecord,
  writeSettings,
} from "./settings-file.ts";

export interface SettingsOptions extends Pick<KnownSettings, "noun" | "conflicts"> {
  /** "policies", "configuration": in log and health. */
  readonly name: string;
  readonly path: string;
  readonly definitions: readonly SettingDefinition[];
  readonly filed: ReadonlyMap<string, FiledValue>;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
}

export interface SettingsUpdate extends WantedChange {
  readonly expectedVersion: number;
  readonly actor: string;
  readonly reason: string;
}

export interface SettingView {
  readonly definition: SettingDefinition;
  readonly text: string;
  readonly source: "default" | "file" | "runtime";
  /** What is in force until the next start, when that isn't `text`. */
  readonly inForce: string | undefined;
}

/** Older ones are in the log. */
const auditEntries = 200;

/**
 * Settings that may be changed while the daemon runs: what its files say, and over it what was changed, durable and
 * versioned. A change counts as a whole once it is stored, or not at all.
 */
export class RuntimeSettings {
  readonly #options: SettingsOptions;
  readonly #definitions: ReadonlyMap<string, SettingDefinition>;
  /** What was in force when the daemon started. */
  readonly #started: ReadonlyMap<string, string>;
  #filed: ReadonlyMap<string, FiledValue>;
  #record: SettingsRecord;
  /** The file is there and can't be read: writing over it would lose what nobody has seen. */
  #unreadable: string | undefined;
  #storageFailure: string | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  /** Told when values may be others than before. */
  onChange: () => void = () => {};

  private constructor(options: SettingsOptions, record: SettingsRecord, unreadable: string | undefined) {
    this.#options = options;
    this.#definitions = new Map(options.definitions.map((definition) => [definition.key, definition]));
    this.#filed = options.filed;
    this.#record = record;
    this.#unreadable = unreadable;
    this.#started = new Map(options.definitions.map(({ key }) => [key, this.value(key)]));
  }

  /** Never fails: what can't be read is kept aside, reported, and the files' values hold. */
  static async open(options: SettingsOptions): Promise<RuntimeSettings> {
    const { path, name, clock, log } = options;
    const read = await readSettings(path);
    if (read.kind === "none") return new RuntimeSettings(options, emptyRecord, undefined);
    if (read.kind === "unreadable") {
      log.error({ path, why: read.why }, `the stored ${name} can't be read; what the files say holds`);
      return new RuntimeSettings(options, emptyRecord, read.why);
    }
    if (read.kind === "read") {
      const settings = new RuntimeSettings(options, read.record, undefined);
      for (const key of settings.#ignored()) log.warn({ key }, `the stored ${name} hold a value that is not allowed`);
      return settings;
    }
    log.error({ path, why: read.why }, `the stored ${name} are damaged; what the files say holds`);
    let keptAside: string;
    try {
      keptAside = await keepAside(path, clock.now());
    } catch (error) {
      return new RuntimeSettings(options, emptyRecord, `${read.why}; ${textOf(error)}`);
    }
    // Beyond any version that was counted: a change that was prepared from the lost ones must not fit by chance.
    const record: SettingsRecord = { ...emptyRecord, version: Math.floor(clock.now() / 1000), keptAside };
    const settings = new RuntimeSettings(options, record, undefined);
    await settings.#store(record).catch(() => {}); // health tells of it, and the next change tries again
    return settings;
  }

  get version(): number {
    return this.#record.version;
  }

  get lastChange(): AuditEntry | undefined {
    return this.#record.audit.at(-1);
  }

  /** As it is to be: in force, unless it waits for the next start. */
  value(key: string): string {
    return this.#changed(key) ?? this.#filed.get(key)?.text ?? "";
  }

  list(): SettingView[] {
    return this.#options.definitions.map((definition) => {
      const { key, effect } = definition;
      const text = this.value(key);
      const started = this.#started.get(key);
      return {
        definition,
        text,
        source: this.#changed(key) !== undefined ? "runtime" : this.#filed.get(key)?.isUsual ? "default" : "file",
        inForce: effect !== "at-once" && text !== started ? started : undefined,
      };
    });
  }

  /**
   * One change after the other; resolves once it is durable and in force.
   * @throws BusbarError CONFLICT when the version is another, INVALID_ARGUMENT, FAILED_PRECONDITION (see checkedChange),
   * UNAVAILABLE when it can't be stored
   */
  update(update: SettingsUpdate): Promise<void> {
    const work = this.#queue.then(() => this.#update(update));
    this.#queue = work.catch(() => {}); // told to whoever asked
    return work;
  }

  /** The files were read again. What was changed at run time stays. */
  refile(filed: ReadonlyMap<string, FiledValue>): void {
    this.#filed = filed;
    this.onChange();
  }

  health(): CheckResult {
    const { name, path } = this.#options;
    if (this.#storageFailure !== undefined)
      return {
        status: "degraded",
        message: this.#storageFailure,
        remedy: "make room on the data directory's disk; the next change that is stored ends this message",
      };
    if (this.#unreadable !== undefined)
      return {
        status: "degraded",
        message: `the stored ${name} can't be read, so what the files say holds: ${this.#unreadable}`,
        remedy: `mend or remove ${path}, and restart powermgr`,
      };
    const { keptAside } = this.#record;
    if (keptAside !== undefined)
      return {
        status: "degraded",
        message: `the stored ${name} were damaged, so what the files say holds; they are kept in ${keptAside}`,
        remedy: "set again what is missing; the next change ends this message",
      };
    // Each may have been fine with what the files said before.
    const [conflict] = this.#options.conflicts((key) => this.value(key));
    if (conflict !== undefined)
      return { status: "degraded", message: `${conflict.key}: ${conflict.what}`, remedy: conflict.fix };
    const ignored = this.#ignored();
    if (ignored.length > 0)
      return {
        status: "degraded",
        message: `stored values are not allowed any more, so what the files say holds: ${ignored.join(", ")}`,
        remedy: "set them again, or change anything else: that drops them",
      };
    return { status: "ok" };
  }

  async #update({ expectedVersion, actor, reason, ...wanted }: SettingsUpdate): Promise<void> {
    const { name, noun, conflicts, clock, log } = this.#options;
    const { version } = this.#record;
    if (expectedVersion !== version) {
      throw new BusbarError("CONFLICT", `the ${name} are at version ${version}, not ${expectedVersion}`, {
        reason: "version",
        remedy: "read them again, and send the change with their version",
        details: { version: String(version) },
      });
    }
    const before = this.#valid();
    const known = { noun, definitions: this.#definitions, filed: this.#filed, changed: before, conflicts };
    const values = checkedChange(wanted, known);
    if (this.#unreadable !== undefined) throw this.#notStored(new Error(this.#unreadable));
    const entry: AuditEntry = {
      version: version + 1,
      at: clock.now(),
      actor,
      reason,
      changes: changesBetween(before, values, [...Object.keys(wanted.values), ...wanted.reset]),
    };
    const { keptAside: _mended, ...rest } = this.#record;
    const audit = [...rest.audit, entry].slice(-auditEntries);
    await this.#store({ version: entry.version, values, audit });
    log.info({ version: entry.version, actor, reason, changes: entry.changes }, `${name} changed`);
    this.onChange();
  }

  async #store(record: SettingsRecord): Promise<void> {
    const { path, name, log } = this.#options;
    try {
      await writeSettings(path, record);
    } catch (err) {
      this.#storageFailure = `the ${name} can't be stored: ${textOf(err)}`;
      log.error({ err, path }, `the ${name} can't be stored`);
      throw this.#notStored(err);
    }
    this.#storageFailure = undefined;
    this.#record = record;
  }

  #notStored(cause: unknown): BusbarError {
    const { name } = this.#options;
    return new BusbarError("UNAVAILABLE", `the ${name} can't be stored, so nothing was changed: ${textOf(cause)}`, {
      reason: "storage",
      remedy: "see powermgr.health.check for what to mend, and try again",
      cause,
    });
  }

  /** The value that was changed at run time, where it may be one and nothing wins over it. */
  #changed(key: string): string | undefined {
    const stored = Object.hasOwn(this.#record.values, key) ? this.#record.values[key] : undefined;
    if (stored === undefined || this.#filed.get(key)?.pinnedBy !== undefined) return undefined;
    return this.#definitions.get(key)?.spelling(stored);
  }

  #ignored(): readonly string[] {
    const valid = this.#valid();
    return Object.keys(this.#record.values).filter((key) => !Object.hasOwn(valid, key));
  }

  /** Another version may have stored what this one doesn't know. */
  #valid(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(this.#record.values).flatMap(([key, text]) => {
        const definition = this.#definitions.get(key);
        const spelled = definition?.effect === "fixed" ? undefined : definition?.spelling(text);
        return spelled === undefined ? [] : [[key, spelled] as const];
      }),
    );
  }
}

/** Every key that was named, also where its value stays: that somebody wanted it so is part of the record. */
const changesBetween = (
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  named: readonly string[],
): SettingChange[] => [...new Set(named)].map((key) => ({ key, from: before[key] ?? null, to: after[key] ?? null }));

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
