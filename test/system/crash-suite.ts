import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ComponentName, componentName, type ErrorCode, endpoints, milliseconds, streams } from "@busbar/contracts";
import type { JournalEntry } from "@busbar/hardware";
import { type ProcessName, type Suite, startSuite } from "@busbar/launcher";
import { Witness } from "@busbar/simulator/stand-ins";
import { eventually } from "../e2e/bounded.ts";
import { killProcessesIn } from "../e2e/our-processes.ts";
import { repository } from "../e2e/platform-files.ts";
import {
  assertedLines,
  disagreements,
  illegalHistory,
  needlessFailures,
  strayEvents,
  strayOperations,
  strayToggles,
  untoldChanges,
} from "./checks.ts";
import { Client } from "./client.ts";
import { StreamReader } from "./event-stream.ts";
import { keepEvidence, type LoggedLine } from "./evidence.ts";
import { FrameProxy } from "./frame-proxy.ts";
import { readPowermgr } from "./powermgr-journal.ts";
import { readChanges, readComponents, readOpenOperations, readStatemgr } from "./statemgr-record.ts";
import { isUnknowable } from "./unknowable.ts";

export type Victim = Exclude<ProcessName, "board">;
export const victims: readonly Victim[] = ["statemgr", "powermgr", "broker"];

export const chassis0 = componentName("chassis.0");
export const host0 = componentName("host.0");
export const host1 = componentName("host.1");

/** The daemons of a scratch build in which something is broken, to see that these tests notice. */
const root = () => process.env.CRASH_ROOT ?? repository();

const crashPlatform = fileURLToPath(new URL("./platform/platform.yaml", import.meta.url));

/** How long statemgr waits for an answer of powermgr: a killed one never gives it. */
const integrationTimeout = "1s";

/** What died is started again at once: these tests kill too often for a pause to prove anything. */
const restart = { firstMs: 20, longestMs: 20, stableMs: 0 };

const settleWithinMs = 45_000;
/** Between two steps of a story nothing is under way any more: no frame came for this long. */
const quietMs = 30;
const askTimeout = milliseconds(1_000);

export interface CrashSuiteOptions {
  readonly name: string;
  /** Makes the platform's files in a directory and returns the path of platform.yaml. */
  readonly platform?: (directory: string) => string;
  /** Refusals that are right answers to what is asked. */
  readonly mayRefuse?: readonly ErrorCode[];
  /** Not only crashes get in the way of what is asked. */
  readonly mayFail?: boolean;
}

/**
 * Broker, board and daemons as real processes, with a frame proxy before what the daemons depend on. Everything the test
 * does and looks at goes past the proxy.
 */
export class CrashSuite {
  readonly dataDir: string;
  readonly suite: Suite;
  readonly proxy: FrameProxy;
  readonly client: Client;
  readonly #mayRefuse: ReadonlySet<ErrorCode>;
  readonly #mayFail: boolean;
  readonly #log: LoggedLine[];
  readonly #onExit: () => void;
  readonly #witness: Witness;
  readonly #entries: JournalEntry[] = [];
  readonly #streams: { readonly statemgr: StreamReader; readonly powermgr: StreamReader };
  #witnessed = 0;

  private constructor(
    { name, mayRefuse = [], mayFail = false }: CrashSuiteOptions,
    dataDir: string,
    suite: Suite,
    proxy: FrameProxy,
    log: LoggedLine[],
    onExit: () => void,
  ) {
    this.dataDir = dataDir;
    this.suite = suite;
    this.proxy = proxy;
    this.#mayRefuse = new Set(mayRefuse);
    this.#mayFail = mayFail;
    this.#log = log;
    this.#onExit = onExit;
    this.client = new Client(suite.bus, name);
    this.#witness = new Witness(suite.board);
    this.#streams = {
      statemgr: new StreamReader(suite.bus, streams.statemgr.name),
      powermgr: new StreamReader(suite.bus, streams.powermgr.name),
    };
  }

  static async start(options: CrashSuiteOptions): Promise<CrashSuite> {
    const natsServer = process.env.BUSBAR_NATS_SERVER;
    if (!natsServer) throw new Error("BUSBAR_NATS_SERVER is not set: run the tests with vitest from the root");
    process.env.BUSBAR_INTEGRATION_TIMEOUT = integrationTimeout;
    const dataDir = mkdtempSync(join(tmpdir(), "busbar-crash-"));
    const log: LoggedLine[] = [];
    let proxy: FrameProxy | undefined;
    const onExit = () => killProcessesIn(dataDir);
    process.once("exit", onExit);
    try {
      const suite = await startSuite({
        root: root(),
        natsServer,
        dataDir,
        platform: options.platform?.(join(dataDir, "platform")) ?? crashPlatform,
        profile: "bmc",
        onLine: (process, line) => log.push({ at: performance.now(), process, line }),
        route: async (real) => {
          proxy = await FrameProxy.start(real);
          return proxy.addresses;
        },
        witness: false,
        restart,
      });
      if (proxy === undefined) throw new Error("the launcher asked for no route");
      return new CrashSuite(options, dataDir, suite, proxy, log, onExit);
    } catch (error) {
      console.error(log.map(({ process, line }) => `${process} ${line}`).join("\n"));
      proxy?.close();
      onExit();
      process.removeListener("exit", onExit);
      rmSync(dataDir, { recursive: true, force: true });
      throw error;
    }
  }

  /** Its last steps are in the log of the broker and on disk: no frame is under way. */
  async quiet(): Promise<void> {
    await eventually("silence on the wires", () => performance.now() - this.proxy.lastAt > quietMs || undefined);
  }

  /** statemgr has recorded an end of everything that it has accepted, for one component or for all. */
  async idle(component?: ComponentName): Promise<void> {
    const isConcerned = (name: ComponentName) => component === undefined || name === component;
    await eventually(
      `an end of every operation${component === undefined ? "" : ` on ${component}`}`,
      () =>
        (!readOpenOperations(this.dataDir).some((row) => isConcerned(row.component)) &&
          !readComponents(this.dataDir).some((row) => isConcerned(row.name) && row.operation_id !== null)) ||
        undefined,
      settleWithinMs,
    );
  }

  /** No operating system is on its way up or down. */
  async steady(): Promise<void> {
    await eventually("every operating system to be up or down", async () => {
      const { hosts } = await this.suite.board.state();
      return hosts.every(({ os }) => os === "up" || os === "down") || undefined;
    });
  }

  /** Tells the judge what statemgr has accepted since it was last told. */
  async testify(): Promise<void> {
    for (const change of readChanges(this.dataDir, this.#witnessed)) {
      await this.#witness.tell({
        component: change.component,
        current: change.current,
        cause: change.cause ?? undefined,
        isRequested: change.reason === "REQUESTED",
        operation: change.operation_id ?? "",
      });
      this.#witnessed = change.id;
    }
  }

  /** Waits until all daemons answer, nothing is in progress and nothing is on its way. @returns what then is wrong */
  async settle(): Promise<readonly string[]> {
    const problems: string[] = [];
    const awaited = async (what: string, look: () => Promise<readonly string[]>) => {
      let last: readonly string[] = [];
      try {
        await eventually(
          what,
          async () => {
            last = [`${what}: not so`];
            last = await look();
            return last.length === 0 || undefined;
          },
          settleWithinMs,
        );
      } catch (error) {
        problems.push(...last.map((problem) => `${what}: ${problem} (${causeOf(error)})`));
      }
    };
    await awaited("every daemon answers", () => this.#unanswered());
    await awaited("everything comes to an end", async () => {
      await this.steady();
      return disagreements(readComponents(this.dataDir), await this.suite.board.state());
    });
    await awaited("the streams hold what was stored", async () => {
      const statemgr = readStatemgr(this.dataDir);
      const powermgr = readPowermgr(this.dataDir);
      return [
        ...strayEvents(streams.statemgr.name, statemgr.outbox, statemgr.epoch, await this.#streams.statemgr.read()),
        ...strayEvents(streams.powermgr.name, powermgr.events, powermgr.epoch, await this.#streams.powermgr.read()),
      ];
    });
    return [...problems, ...(await this.#lasting())];
  }

  /** Brings everything to off, as a new story expects it. */
  async driveOff(): Promise<void> {
    await this.steady();
    for (const component of [host0, host1, chassis0]) await this.#drive(component);
    await this.steady();
  }

  kill(victim: Victim, kill: (pid: number) => void): void {
    const { pid } = this.suite.processes[victim];
    if (pid !== undefined) kill(pid);
  }

  /** What came so far belongs to a story that went well. */
  forget(): void {
    this.proxy.forgetLog();
    this.#log.length = 0;
  }

  keepEvidence(name: string, problems: readonly string[]): string {
    return keepEvidence(name, { problems, frames: this.proxy.log, log: this.#log, dataDir: this.dataDir });
  }

  /** The whole past once more, and the judge's last word. */
  async verdict(): Promise<readonly string[]> {
    for (const stream of Object.values(this.#streams)) stream.forget();
    const problems = await this.settle();
    const { hazards, pending } = await this.suite.board.hazards({ final: true });
    const held = [...hazards, ...pending].filter((hazard) => !isUnknowable(hazard, this.#entries));
    return [...problems, ...held.map((hazard) => `hazard: ${JSON.stringify(hazard)}`)];
  }

  async stop(): Promise<void> {
    await this.suite.stop();
    this.proxy.close();
    this.#onExit();
    process.removeListener("exit", this.#onExit);
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  async #drive(component: ComponentName): Promise<void> {
    const row = readComponents(this.dataDir).find(({ name }) => name === component);
    if (row?.role === "off") return;
    await this.client.ask(component, component === chassis0 ? "CHASSIS_ACTION_OFF" : "HOST_ACTION_FORCE_OFF");
    await this.idle();
  }

  async #unanswered(): Promise<readonly string[]> {
    const { bus } = this.suite;
    for (const endpoint of [endpoints.powermgrHealth, endpoints.statemgrHealth])
      await bus.request(endpoint, {}, { timeout: askTimeout });
    return [];
  }

  /** What no waiting mends. */
  async #lasting(): Promise<readonly string[]> {
    const { board } = this.suite;
    const statemgr = readStatemgr(this.dataDir);
    const powermgr = readPowermgr(this.dataDir);
    this.#entries.push(...(await board.entries(this.#entries.at(-1)?.seq ?? 0)));
    await this.testify();
    const { hazards, pending } = await board.hazards({ final: false });
    return [
      ...assertedLines(await board.state()),
      ...illegalHistory(statemgr),
      ...untoldChanges(statemgr),
      ...strayOperations(statemgr, powermgr, this.client.accepted),
      ...(this.#mayFail ? [] : needlessFailures(statemgr)),
      ...strayToggles(powermgr, this.#entries),
      ...this.client.refused
        .filter(({ error }) => !this.#mayRefuse.has(error.code))
        .map(
          ({ requestId, component, action, error }) =>
            `request ${requestId} (${action} of ${component}) was refused: ${error.code} ${error.message}`,
        ),
      ...hazards
        .filter((hazard) => !isUnknowable(hazard, this.#entries))
        .map((hazard) => `hazard: ${JSON.stringify(hazard)}`),
      ...pending.map((hazard) => `not explained: ${JSON.stringify(hazard)}`),
    ];
  }
}

const causeOf = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
