import { join } from "node:path";
import { componentName, type Milliseconds, milliseconds } from "@busbar/contracts";
import type { BoardSnapshot, Edge, JournalEntry, Level, LineRequest } from "@busbar/hardware";
import { Board } from "../board.ts";
import { type BoardConfig, loadBoardConfig } from "../config.ts";
import type { LineOwner } from "../lines.ts";

/** The board that we ship: two hosts on one chassis. */
export const shippedBoard: BoardConfig = loadBoardConfig(
  join(import.meta.dirname, "../../../../../platforms/simulated/board.yaml"),
);

export const button: LineRequest = { direction: "output", output: "momentary", active: "low" };
export const rail: LineRequest = { direction: "output", output: "latched", active: "high" };
export const sense: LineRequest = { direction: "input", active: "high" };

/** A board whose time passes when the test says so. */
export class VirtualBoard {
  readonly board: Board;
  now: Milliseconds = milliseconds(0);
  /** When the board wants to be woken. */
  deadline: Milliseconds | undefined;

  constructor(config: BoardConfig = shippedBoard, journalLimit = 100_000) {
    this.board = new Board({
      config,
      clock: () => this.now,
      wall: "2026-01-01T00:00:00.000Z",
      journalLimit,
      deadlineChanged: (deadline) => {
        this.deadline = deadline;
      },
    });
  }

  /** Lets time pass. What falls due on the way is stamped with its own time, so one step is as good as many. */
  wait(duration: number): void {
    this.now = milliseconds(this.now + duration);
    this.board.wake();
  }

  client(name = "powermgr"): VirtualClient {
    return new VirtualClient(this, name);
  }

  get state(): BoardSnapshot {
    return this.board.snapshot();
  }

  host(component: string): BoardSnapshot["hosts"][number] {
    const host = this.state.hosts.find((each) => each.component === component);
    if (host === undefined) throw new Error(`${component} is not on the board`);
    return host;
  }

  wire(line: string): string | undefined {
    return this.state.lines.find((each) => each.line === line)?.wire;
  }

  entries(): JournalEntry[] {
    const entries: JournalEntry[] = [];
    for (let next = this.board.entryAfter(0); next !== undefined; next = this.board.entryAfter(next.seq)) {
      entries.push(next);
    }
    return entries;
  }
}

export class VirtualClient implements LineOwner {
  readonly edges: (Edge & { readonly line: string })[] = [];
  readonly losses: string[] = [];
  readonly name: string;
  readonly #virtual: VirtualBoard;

  constructor(virtual: VirtualBoard, name: string) {
    this.#virtual = virtual;
    this.name = name;
  }

  edge(line: string, edge: Edge): void {
    this.edges.push({ line, ...edge });
  }

  lost(line: string, reason: string): void {
    this.losses.push(`${line}: ${reason}`);
  }

  /** Takes every line of the board that we ship, the BMC's own reset excepted. */
  takeAll(): void {
    for (const index of [0, 1]) {
      this.take(`power-button-${index}`, button);
      this.take(`reset-button-${index}`, button);
      this.take(`power-good-${index}`, sense);
    }
    this.take("chassis-enable", rail);
    this.take("chassis-good", sense);
  }

  /** Brings the rails up, by an accepted request. */
  raiseRails(): void {
    this.#virtual.board.intent("rails", componentName("chassis.0"), "on");
    this.set("chassis-enable", 1);
    this.#virtual.wait(100);
  }

  /** Gets host.0 to a running system, by accepted requests; its edges are forgotten. */
  runHost(): void {
    this.raiseRails();
    this.#virtual.board.intent("power", componentName("host.0"), "on");
    this.pulse("power-button-0", 200);
    this.#virtual.wait(5_000);
    this.edges.length = 0;
  }

  take(line: string, request: LineRequest): void {
    this.#virtual.board.requestLine(this, line, request);
  }

  get(line: string): Level {
    return this.#virtual.board.getLine(this, line);
  }

  set(line: string, level: Level): void {
    this.#virtual.board.setLine(this, line, level);
  }

  release(line: string): void {
    this.#virtual.board.releaseLine(this, line);
  }

  /** Asserts a line that it holds, for a while. */
  pulse(line: string, duration: number): void {
    this.set(line, 1);
    this.#virtual.wait(duration);
    this.set(line, 0);
  }

  die(): void {
    this.#virtual.board.disconnected(this);
  }
}
