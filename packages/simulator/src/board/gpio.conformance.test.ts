import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { milliseconds } from "@busbar/contracts";
import { connectBoard, connectController } from "@busbar/hardware";
import { type GpioFixture, gpioConformance } from "@busbar/hardware/conformance";
import { startBoard } from "./start-board.ts";
import { shippedBoard } from "./testing/virtual-board.ts";

async function simulated(): Promise<GpioFixture> {
  const directory = await mkdtemp(join(tmpdir(), "busbar-"));
  const socket = join(directory, "board.sock");
  const running = await startBoard({ config: shippedBoard, socket, log: () => {}, onShutdown: () => {} });
  // A machine that runs tests may stall for longer than a daemon should have to wait.
  const connect = (client: string) => ({ socket, client, timeout: milliseconds(10_000) });
  const controller = await connectController(connect("plant-side"));
  const ends: (() => void)[] = [];
  let isRemoved = false;
  return {
    lines: { input: "power-good-0", momentary: "power-button-0", latched: "chassis-enable" },
    plant: {
      // Tying the wire down is the one way to put any level on a line that the model drives otherwise.
      drive: (line, level) => controller.setFault({ kind: "line-stuck", line, level }),
      read: async (line) => {
        const found = (await controller.state()).lines.find((each) => each.line === line);
        if (found === undefined) throw new Error(`the board has no ${line}`);
        return found.wire;
      },
    },
    consumer: async (name) => {
      const board = await connectBoard(connect(name));
      ends.push(() => board.abandon());
      return { chip: board.gpioChip(), die: async () => board.abandon() };
    },
    remove: async () => {
      isRemoved = true;
      await running.stop();
    },
    end: async () => {
      for (const end of ends) end();
      controller.close();
      if (!isRemoved) await running.stop();
      await rm(directory, { recursive: true });
    },
  };
}

gpioConformance("the simulated board", { keepsLevelOfFreeLines: true }, simulated);
