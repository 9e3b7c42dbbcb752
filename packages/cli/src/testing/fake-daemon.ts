import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bus, connectBus, type RequestContext, type Served, served, startBroker } from "@busbar/bus";
import { type Endpoint, milliseconds } from "@busbar/contracts";
import { afterAll, beforeAll } from "vitest";
import { run } from "../run.ts";
import { fakeSurroundings } from "./fake-surroundings.ts";

export interface Heard {
  readonly subject: string;
  readonly request: unknown;
  readonly context: RequestContext;
}

export interface Told {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Answers what a daemon would, on a broker of its own, and remembers what it was asked. */
export class FakeDaemon {
  readonly heard: Heard[] = [];
  readonly #endpoints: Served[] = [];
  #url = "";

  /** `answer` may be changed between tests: it is called for each request. */
  answers<RP, RM, SP, SM>(endpoint: Endpoint<RP, RM, SP, SM>, answer: (request: RM) => SP): this {
    this.#endpoints.push(
      served(endpoint, (request, context) => {
        this.heard.push({ subject: context.subject, request, context });
        return { message: answer(request) };
      }),
    );
    return this;
  }

  /** For the tests of one file. */
  use(): this {
    const storeDir = mkdtempSync(join(tmpdir(), "busbar-cli-"));
    const end: (() => Promise<void>)[] = [];
    beforeAll(async () => {
      const broker = await startBroker({ storeDir, jetstream: false });
      end.push(() => broker.kill());
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const bus: Bus = await connectBus({ url: broker.url, name: "fake", log });
      end.unshift(() => bus.close(milliseconds(200)));
      await bus.serve({ name: "fake", version: "0.0.0", description: "fake", endpoints: this.#endpoints });
      this.#url = broker.url;
    });
    afterAll(async () => {
      for (const step of end) await step();
      rmSync(storeDir, { recursive: true, force: true });
    });
    return this;
  }

  /** `busbar <words>`, as `tester`. */
  async busbar(words: readonly string[], overrides: Parameters<typeof fakeSurroundings>[0] = {}): Promise<Told> {
    const surroundings = fakeSurroundings(overrides);
    const exit = await run(["--nats-url", this.#url, ...words], surroundings);
    return { exit, stdout: surroundings.stdout.text, stderr: surroundings.stderr.text };
  }
}
