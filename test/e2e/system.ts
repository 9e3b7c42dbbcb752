import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Bus } from "@busbar/bus";
import {
  type Action,
  type BusbarError,
  busbar,
  componentName,
  componentOf,
  decodeActionResponse,
  decodeError,
  decodeStateChange,
  encodeActionRequest,
  endpoints,
  headers as headerNames,
  kindOf,
  milliseconds,
  type StateChangeMessage,
  type Status,
  statusRoles,
  subjects,
} from "@busbar/contracts";
import type { BoardController, JournalEntry } from "@busbar/hardware";
import { type ProcessName, type Suite, startSuite } from "@busbar/launcher";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { Arrivals, eventually, patienceMs } from "./bounded.ts";
import { isEdge, type Pulse, pulsesOn, shownEntry } from "./journal.ts";
import { expectNoProcessIn, killProcessesIn, temporaryDirectory } from "./our-processes.ts";
import { type Changes, quickPlatformIn, repository } from "./platform-files.ts";

/** A state change as statemgr told of it. */
export interface ChangeEvent extends StateChangeMessage {
  readonly subject: string;
  readonly revision: number;
  readonly data: Uint8Array;
}

/** Any other event, in bytes. */
export interface AnyEvent {
  readonly subject: string;
  readonly data: Uint8Array;
}

/** What came back to a request for an action. */
export interface ActionAnswer {
  readonly data: Uint8Array;
  readonly status: Status | undefined;
  readonly outcome: string | undefined;
  readonly operationId: string | undefined;
  /** From the body, as every client of ours reads it. */
  readonly error: BusbarError | undefined;
  header(name: string): string | undefined;
}

export interface SystemOptions {
  /** What differs from the quick platform. */
  readonly changes?: Changes;
  /** Lines that daemons may log as errors; any other one fails the file. */
  readonly expectedErrors?: readonly RegExp[];
}

/** The quick platform's 1 s, and what debouncing takes until powermgr begins to count. */
const minimumOffMs = 1_400;

const requestTimeout = milliseconds(patienceMs);

/** Broker, board, powermgr and statemgr as real processes in a directory of their own, with everything that they say. */
export class System {
  readonly dataDir: string;
  readonly suite: Suite;
  readonly changes: Arrivals<ChangeEvent>;
  readonly events: Arrivals<AnyEvent>;
  readonly #log: readonly LogLine[];

  private constructor(parts: Pick<System, "dataDir" | "suite" | "changes" | "events"> & { log: readonly LogLine[] }) {
    this.dataDir = parts.dataDir;
    this.suite = parts.suite;
    this.changes = parts.changes;
    this.events = parts.events;
    this.#log = parts.log;
  }

  static async start({ changes: differing = {} }: SystemOptions, log: LogLine[], dataDir: string): Promise<System> {
    const changes = new Arrivals<ChangeEvent>();
    const events = new Arrivals<AnyEvent>();
    const listen = async (bus: Bus) => {
      await bus.subscribe(subjects.everyTransition, ({ subject, data }) => {
        const change = decodeStateChange(componentOf(subject), data);
        changes.add({ ...change, subject, data, revision: Number(change.origin.revision?.id) });
      });
      for (const subject of [subjects.everyPowerResult, subjects.everyPowerGood, subjects.everyFault]) {
        await bus.subscribe(subject, ({ subject: heard, data }) => events.add({ subject: heard, data }));
      }
    };
    const suite = await startSuite({
      root: repository(),
      natsServer: natsServer(),
      dataDir,
      platform: quickPlatformIn(join(dataDir, "platform"), differing),
      profile: "bmc",
      onLine: (name, line) => log.push({ name, line }),
      signal: AbortSignal.timeout(patienceMs),
      listen,
    });
    const system = new System({ dataDir, suite, changes, events, log });
    await system.told();
    return system;
  }

  /** Every change that statemgr knows of has been told: what comes from here on is new. */
  async told(): Promise<void> {
    await eventually("every state is told", async () => {
      const heard = new Set(this.changes.since(0).map(({ revision }) => revision));
      const untold = (await this.states()).filter(({ revision }) => !heard.has(Number(revision?.id)));
      expect(untold).toEqual([]);
      return true;
    });
  }

  get bus(): Bus {
    return this.suite.bus;
  }

  get board(): BoardController {
    return this.suite.board;
  }

  /** What a process has said so far, line by line. */
  said(process: string): string[] {
    return this.#log.filter(({ name }) => name === process).map(({ line }) => line);
  }

  /** Process ids by name: the same ones mean that nothing has crashed. */
  pids(): Record<ProcessName, number | undefined> {
    const pid = (name: ProcessName) => this.suite.processes[name].pid;
    return { broker: pid("broker"), board: pid("board"), powermgr: pid("powermgr"), statemgr: pid("statemgr") };
  }

  /** Asks for an action at one of the doors. An error is part of the answer. */
  async ask(
    component: string,
    action: Action,
    headers: Record<string, string> = {},
    service: Door = "statemgr",
  ): Promise<ActionAnswer> {
    const name = componentName(component);
    return this.send(subjects.action(service, name), encodeActionRequest(name, action), headers);
  }

  /** Bytes to an action subject. */
  async send(subject: string, data: Uint8Array, headers: Record<string, string> = {}): Promise<ActionAnswer> {
    const reply = await this.bus.exchange(subject, data, { timeout: requestTimeout, headers });
    const failed = reply.header(headerNames.serviceErrorCode) !== undefined;
    return {
      data: reply.data,
      status: failed ? undefined : decodeActionResponse(componentOf(subject), reply.data),
      outcome: reply.header(headerNames.outcome),
      operationId: reply.header(headerNames.operationId),
      error: failed ? decodeError(reply.data) : undefined,
      header: reply.header,
    };
  }

  /** As `ask`, for requests that must be taken. */
  async accepted(component: string, action: Action, headers: Record<string, string> = {}): Promise<string> {
    const { error, outcome, operationId = "" } = await this.ask(component, action, headers);
    expect({ error, outcome }, `${action} of ${component}`).toEqual({ error: undefined, outcome: "accepted" });
    return operationId;
  }

  /** The next change of a component into a status, after `mark` (of `changes`). */
  async reaches(component: string, status: Status, mark: number): Promise<ChangeEvent> {
    return this.changes.until(
      `${component} ${status}`,
      (change) => change.component === component && change.current === status,
      mark,
    );
  }

  async ends(component: string, operationId: string, mark = 0): Promise<ChangeEvent> {
    const { transitioning } = statusRoles(kindOf(componentName(component)));
    const isEnd = (change: ChangeEvent) =>
      change.component === component && change.origin.operationId === operationId && change.current !== transitioning;
    return this.changes.until(`the end of ${operationId} on ${component}`, isEnd, mark);
  }

  /** Carries an action out to its end and returns the change that ended it. */
  async done(component: string, action: Action): Promise<ChangeEvent> {
    const mark = this.changes.mark;
    return this.ends(component, await this.accepted(component, action), mark);
  }

  async state(component: string): Promise<busbar.v1.ComponentState> {
    const name = componentName(component);
    const endpoint = endpoints.componentGet.find((row) => row.name === `${kindOf(name)}-get`);
    if (endpoint === undefined) throw new Error(`no endpoint to get ${component}`);
    const { message } = await this.bus.request(
      endpoint,
      {},
      { subject: subjects.component("statemgr", name, "get"), timeout: requestTimeout },
    );
    return message;
  }

  async states(): Promise<busbar.v1.ComponentState.$Properties[]> {
    const lists = await Promise.all(
      endpoints.componentLists.map((list) => this.bus.request(list, {}, { timeout: requestTimeout })),
    );
    return lists
      .flatMap(({ message }) => message.components)
      .toSorted((a, b) => ((a.component ?? "") < (b.component ?? "") ? -1 : 1));
  }

  /**
   * Puts a component where a test begins, from wherever the last one left it: a running host has a running system, one
   * that is off may be switched on.
   */
  async bring(component: string, power: "on" | "off"): Promise<void> {
    const roles = statusRoles(kindOf(componentName(component)));
    const kind = component.startsWith("host") ? "HOST" : "CHASSIS";
    const idle = await eventually(`${component} is idle`, async () => {
      const state = await this.state(component);
      return state.operationId === "" ? state : undefined;
    });
    if (power === "off") await this.listens();
    else if (idle.status !== roles.on) await this.mayGoOn();
    if (idle.status !== roles[power]) {
      const ended = await this.done(component, `${kind}_ACTION_${power === "on" ? "ON" : "OFF"}`);
      expect(ended, `${component} is brought ${power}`).toMatchObject({ current: roles[power] });
    }
    if (power === "on") await this.listens();
    else await this.mayGoOn();
  }

  /**
   * The minimum off time of everything that is off is over: an ON would be taken now. powermgr can't be asked about that,
   * so the platform's time is waited out as the board counts it: from the last power-good that fell, or from when powermgr
   * took its lines, because what fell before counts from then.
   */
  async mayGoOn(): Promise<void> {
    const last = (await this.journal(0)).findLast(
      (entry) =>
        (isEdge(entry) && entry.line.includes("good") && !entry.asserted) ||
        (entry.type === "line" && entry.what === "requested"),
    );
    if (last === undefined) return;
    await eventually(
      "the minimum off time",
      async () => (await this.board.state()).at - last.at > minimumOffMs || undefined,
    );
  }

  /** No operating system is booting: all that run hear the button. */
  async listens(): Promise<void> {
    await eventually("every running system is up", async () => {
      const { hosts } = await this.board.state();
      return hosts.every(({ power, os }) => power === "off" || os === "up") || undefined;
    });
  }

  /** Whether a daemon has logged something like this. */
  logged(line: RegExp): boolean {
    return this.#log.some((each) => line.test(each.line));
  }

  async operation(id: string): Promise<busbar.v1.Operation> {
    return (await this.bus.request(endpoints.operationsGet, { id }, { timeout: requestTimeout })).message;
  }

  /** Number of the board's newest journal entry: give it to `journal`. */
  async seq(): Promise<number> {
    return (await this.board.state()).seq;
  }

  async journal(after: number): Promise<readonly JournalEntry[]> {
    return this.board.entries(after);
  }

  async pulses(line: string, after: number): Promise<Pulse[]> {
    return pulsesOn(line, await this.journal(after));
  }

  /** The board's next entry that matches, after `seq`. */
  async entry(matches: (entry: JournalEntry) => boolean, after: number): Promise<JournalEntry> {
    return this.board.until(matches, { after, timeout: milliseconds(patienceMs) });
  }

  /** Ends a process at once (kill -9), and resolves when the one after it is up and both daemons answer. */
  async kill(name: ProcessName): Promise<void> {
    const { pid } = this.suite.processes[name];
    this.suite.processes[name].signal("SIGKILL");
    await eventually(`a new ${name}`, () => {
      const next = this.suite.processes[name].pid;
      return next !== undefined && next !== pid ? next : undefined;
    });
    await this.answers();
  }

  /** Both daemons answer again, after one of the processes was ended. */
  async answers(): Promise<void> {
    await eventually("both daemons answer", async () => {
      await Promise.all([this.health("powermgr"), this.health("statemgr")]);
      return true;
    });
  }

  async powerStatus(): Promise<busbar.v1.DomainStatus.$Properties[]> {
    return (await this.bus.request(endpoints.systemStatus, {}, { timeout: requestTimeout })).message.domains;
  }

  async health(service: Door): Promise<busbar.v1.GetHealthResponse> {
    const endpoint = service === "powermgr" ? endpoints.powermgrHealth : endpoints.statemgrHealth;
    return (await this.bus.request(endpoint, {}, { timeout: requestTimeout })).message;
  }

  /** statemgr says of every component what the board is, and nothing is in progress. */
  async agrees(): Promise<void> {
    await eventually("statemgr agrees with the board", async () => {
      const [told, board] = await Promise.all([this.states(), this.board.state()]);
      const real = [...board.hosts, ...board.chassis].map(({ component, power }) => ({
        component,
        status: statusRoles(kindOf(component))[power],
        operationId: "",
      }));
      const components = new Set<string>(real.map(({ component }) => component));
      expect(
        told
          .filter(({ component }) => components.has(component ?? ""))
          .map(({ component, status, operationId }) => ({ component, status, operationId })),
      ).toEqual(real.toSorted((a, b) => (a.component < b.component ? -1 : 1)));
      return true;
    });
  }

  /** What every run must end with (DESIGN §11), then the end itself. */
  async finish(expectedErrors: readonly RegExp[]): Promise<void> {
    await this.board.clearFaults();
    await this.agrees();
    const { hazards, pending } = await this.board.hazards({ final: true });
    expect([...hazards, ...pending], "what the hazard judge recorded").toEqual([]);
    const { lines } = await this.board.state();
    expect(
      lines.filter(({ role, asserted }) => role === "button" && asserted),
      "momentary lines still asserted",
    ).toEqual([]);
    await this.suite.stop();
    await expectNoProcessIn(this.dataDir);
    expect(assertedAtTheEnd(this.dataDir), "momentary lines asserted after the end").toEqual([]);
    const errors = this.#log.filter(
      ({ line }) => isErrorLine(line) && !expectedErrors.some((expected) => expected.test(line)),
    );
    expect(errors, "what daemons logged as errors").toEqual([]);
  }

  /** After a failed test: what it left in progress must not fail the next one. */
  async recover(): Promise<void> {
    await this.board.clearFaults();
    for (const host of ["host.0", "host.1"]) {
      const { operationId } = await this.state(host);
      if (operationId !== "") await this.ask(host, "HOST_ACTION_FORCE_OFF");
    }
    await this.agrees();
    await this.listens();
  }

  async report(from: { readonly log: number; readonly changes: number; readonly journal: number }): Promise<string> {
    // Once the board has stopped, its file has what it said.
    const entries = await this.journal(from.journal).catch(() => journalFile(this.dataDir));
    return [
      "── log",
      ...this.#log.slice(from.log).map(shownLine),
      "── journal of the board",
      ...entries.map(shownEntry),
      "── state changes",
      ...this.changes.since(from.changes).map(shownChange),
    ].join("\n");
  }
}

type Door = "powermgr" | "statemgr";

interface LogLine {
  readonly name: string;
  readonly line: string;
}

const shownLine = ({ name, line }: LogLine) => `${name.padEnd(8)} ${line}`;

const shownChange = ({ component, revision, previous, current, cause, origin }: ChangeEvent) =>
  `${revision} ${component} ${previous} -> ${current} ${cause ?? "nobody asked"}, ${busbar.v1.StateChangeReason[origin.reason ?? 0]} ${origin.operationId} ${origin.errorCode} ${origin.message}`;

/** pino's numbers: 50 is error, 60 fatal. */
const isErrorLine = (line: string): boolean => /^\{"level":(?:50|60|"error"|"fatal")[,}]/.test(line);

export function natsServer(): string {
  const path = process.env.BUSBAR_NATS_SERVER;
  if (path) return path;
  throw new Error("BUSBAR_NATS_SERVER is not set: run the tests with vitest from the root");
}

/** Buttons whose last edge in the board's own file asserted them. */
export function assertedAtTheEnd(dataDir: string): string[] {
  const last = new Map<string, boolean>();
  for (const entry of journalFile(dataDir)) {
    if (entry.type === "edge" && /button|reset/.test(entry.line)) last.set(entry.line, entry.asserted);
  }
  return [...last].filter(([, asserted]) => asserted).map(([line]) => line);
}

/** The board's own file, which outlives it. */
export const journalFile = (dataDir: string): JournalEntry[] =>
  readFileSync(join(dataDir, "board.ndjson"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as JournalEntry);

/**
 * One system for all tests of a file. What a failed test shows: everything logged since it began, the board's journal
 * of that time, and all state changes.
 */
export function useSystem(options: SystemOptions = {}): () => System {
  const log: LogLine[] = [];
  const dataDir = temporaryDirectory();
  let system: System | undefined;

  beforeAll(async () => {
    try {
      system = await System.start(options, log, dataDir);
    } catch (error) {
      console.error(log.map(shownLine).join("\n"));
      throw error;
    }
  });

  beforeEach(async ({ task, onTestFailed }) => {
    const from = { log: log.length, changes: system?.changes.mark ?? 0, journal: (await system?.seq()) ?? 0 };
    // Not afterEach: a failure in another one would keep this from running.
    onTestFailed(async () => {
      console.error(`${task.name}\n${await system?.report(from)}`);
      await system?.recover();
    });
  });

  afterAll(async () => {
    try {
      await system?.finish(options.expectedErrors ?? []);
    } catch (error) {
      console.error(`the end of the run\n${await system?.report({ log: 0, changes: 0, journal: 0 })}`);
      throw error;
    } finally {
      await system?.suite.stop();
      killProcessesIn(dataDir);
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  return () => {
    if (system === undefined) throw new Error("the system did not start");
    return system;
  };
}
