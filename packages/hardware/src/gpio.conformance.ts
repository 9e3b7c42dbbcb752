import { BusbarError, milliseconds } from "@busbar/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WireLevel } from "./board/journal-entry.ts";
import type { Edge, GpioChip, GpioLine, Polarity } from "./gpio.ts";

/** One user of the hardware, as a process of its own would be. */
export interface GpioConsumer {
  readonly chip: GpioChip;
  /** Dies as by `kill -9`: gives nothing back. */
  die(): Promise<void>;
}

/** The far end of the wires. Resolves once the level is on the wire, so that the driver can have seen it. */
export interface GpioPlant {
  drive(line: string, wire: WireLevel): Promise<void>;
  read(line: string): Promise<WireLevel>;
}

export interface GpioFixture {
  /** Three different lines that nobody holds: `input` is driven by the plant, the others only by a consumer. */
  readonly lines: { readonly input: string; readonly momentary: string; readonly latched: string };
  readonly plant: GpioPlant;
  /** `name` is what the driver shows to others as the holder of a line. */
  consumer(name: string): Promise<GpioConsumer>;
  /** Takes the hardware away under its consumers (module unbound, board killed). */
  remove(): Promise<void>;
  end(): Promise<void>;
}

export interface GpioTraits {
  /**
   * An output that nobody holds keeps its level: aspeed does, gpio-sim falls back to its pull. Without it the suite
   * can't look at what a release or a death leaves behind.
   */
  readonly keepsLevelOfFreeLines: boolean;
}

const polarities: readonly Polarity[] = ["high", "low"];
const opposite = (wire: WireLevel): WireLevel => (wire === "high" ? "low" : "high");
/** An edge may take this long through a slow emulator; only a failure waits for so long. */
const patience = { timeout: 5_000, interval: 2 };

/** What every driver of the GpioChip port must do. Run it inside a vitest file. */
export function gpioConformance(name: string, traits: GpioTraits, makeFixture: () => Promise<GpioFixture>): void {
  describe(`${name} as a GpioChip`, () => {
    let fixture: GpioFixture;
    let consumer: GpioConsumer;

    beforeEach(async () => {
      fixture = await makeFixture();
      await fixture.plant.drive(fixture.lines.input, "low");
      consumer = await fixture.consumer("conformance");
    });
    afterEach(() => fixture.end());

    const input = (active: Polarity, debounce?: number): Promise<GpioLine> =>
      consumer.chip.request(fixture.lines.input, {
        direction: "input",
        active,
        ...(debounce === undefined ? {} : { debounce: milliseconds(debounce) }),
      });
    const momentary = (active: Polarity): Promise<GpioLine> =>
      consumer.chip.request(fixture.lines.momentary, { direction: "output", output: "momentary", active });
    const latched = (active: Polarity, by = consumer): Promise<GpioLine> =>
      by.chip.request(fixture.lines.latched, { direction: "output", output: "latched", active });
    const edgesOf = (line: GpioLine): Edge[] => {
      const edges: Edge[] = [];
      line.onEdge((edge) => edges.push(edge));
      return edges;
    };
    const seen = (edges: readonly Edge[], count: number): Promise<void> =>
      vi.waitFor(() => expect(edges.length).toBeGreaterThanOrEqual(count), patience);

    describe.each(polarities)("with a line that is active %s", (active) => {
      it("reads an input as active exactly when the wire says so", async () => {
        const line = await input(active);
        for (const wire of ["high", "low", "high"] as const) {
          await fixture.plant.drive(fixture.lines.input, wire);
          await vi.waitFor(async () => expect(await line.get()).toBe(wire === active ? 1 : 0), patience);
        }
      });

      it("takes a momentary output inactive, drives it both ways, and reads back what it drives", async () => {
        const line = await momentary(active);
        expect(await fixture.plant.read(line.name)).toBe(opposite(active));
        expect(await line.get()).toBe(0);
        await line.set(1);
        expect(await fixture.plant.read(line.name)).toBe(active);
        expect(await line.get()).toBe(1);
        await line.set(0);
        expect(await fixture.plant.read(line.name)).toBe(opposite(active));
      });

      it("takes a latched output without touching it, and then drives it both ways", async () => {
        const before = await fixture.plant.read(fixture.lines.latched);
        const line = await latched(active);
        expect(await fixture.plant.read(line.name)).toBe(before);
        expect(await line.get()).toBe(before === active ? 1 : 0);
        for (const level of [1, 0, 1] as const) {
          await line.set(level);
          expect(await fixture.plant.read(line.name)).toBe(level === 1 ? active : opposite(active));
        }
      });

      it("tells the level after each edge, and numbers the edges", async () => {
        const line = await input(active);
        const edges = edgesOf(line);
        for (const [index, wire] of (["high", "low", "high"] as const).entries()) {
          await fixture.plant.drive(fixture.lines.input, wire);
          await seen(edges, index + 1);
        }
        expect(edges.map(({ level }) => level)).toEqual(active === "high" ? [1, 0, 1] : [0, 1, 0]);
        const first = edges[0]?.sequence ?? Number.NaN;
        expect(edges.map(({ sequence }) => sequence)).toEqual([first, first + 1, first + 2]);
      });

      it.runIf(traits.keepsLevelOfFreeLines)("leaves a momentary output inactive when it is released", async () => {
        const line = await momentary(active);
        await line.set(1);
        await line.release();
        expect(await fixture.plant.read(line.name)).toBe(opposite(active));
      });
    });

    it("stamps edges with a clock that never goes back and is the system's monotonic one", async () => {
      const now = (): number => Number(process.hrtime.bigint()) / 1e6;
      const edges = edgesOf(await input("high"));
      const before = now();
      for (const [index, wire] of (["high", "low"] as const).entries()) {
        await fixture.plant.drive(fixture.lines.input, wire);
        await seen(edges, index + 1);
      }
      const stamps = [before, ...edges.map(({ at }) => at), now()];
      expect(stamps).toEqual([...stamps].sort((a, b) => a - b));
    });

    it("reports no edge to a listener that has unsubscribed", async () => {
      const line = await input("high");
      const gone = vi.fn();
      line.onEdge(gone)();
      const edges = edgesOf(line);
      await fixture.plant.drive(fixture.lines.input, "high");
      await seen(edges, 1);
      expect(gone).not.toHaveBeenCalled();
    });

    it("reports one edge for a level that bounces before it settles, and none for a bounce that settles back", async () => {
      const line = await input("high", 50);
      const edges = edgesOf(line);
      for (const wire of ["high", "low", "high", "low"] as const) await fixture.plant.drive(line.name, wire);
      for (const wire of ["high", "low", "high"] as const) await fixture.plant.drive(line.name, wire);
      await seen(edges, 1);
      await fixture.plant.drive(line.name, "low");
      await seen(edges, 2);
      expect(edges.map(({ level }) => level)).toEqual([1, 0]);
      expect(edges[1]?.sequence).toBe((edges[0]?.sequence ?? Number.NaN) + 1);
    });

    it("refuses to set an input and leaves the wire alone", async () => {
      const line = await input("high");
      await expect(line.set(1)).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
      expect(await fixture.plant.read(line.name)).toBe("low");
    });

    it("has no edges to report of an output", async () => {
      const line = await momentary("low");
      expect(() => line.onEdge(() => {})).toThrow(BusbarError);
    });

    it("refuses a line that somebody holds, and names the holder", async () => {
      await momentary("low");
      const other = await fixture.consumer("other");
      const second = other.chip.request(fixture.lines.momentary, { direction: "input", active: "low" });
      await expect(second).rejects.toMatchObject({
        code: "HARDWARE_UNAVAILABLE",
        message: expect.stringMatching(new RegExp(`${fixture.lines.momentary}.*conformance`)),
      });
    });

    it("refuses a line that it holds itself already", async () => {
      const line = await momentary("low");
      await expect(momentary("low")).rejects.toMatchObject({ code: "HARDWARE_UNAVAILABLE" });
      await line.set(1);
      expect(await fixture.plant.read(line.name)).toBe("low");
    });

    it("refuses a line that does not exist, by its name", async () => {
      await expect(consumer.chip.request("no-such-line", { direction: "input", active: "high" })).rejects.toMatchObject(
        {
          code: "HARDWARE_UNAVAILABLE",
          component: "no-such-line",
        },
      );
    });

    it("gives a line back once, however often it is asked, and can take it again", async () => {
      const line = await momentary("low");
      const lost = vi.fn();
      line.onLost(lost);
      await Promise.all([line.release(), line.release()]);
      await line.release();
      await expect(line.get()).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
      await expect(line.set(1)).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
      await (await momentary("low")).set(1);
      expect(await fixture.plant.read(fixture.lines.momentary)).toBe("low");
      expect(lost).not.toHaveBeenCalled();
    });

    it("gives all its lines back when it is closed, and serves no more", async () => {
      await momentary("low");
      await latched("high");
      await consumer.chip.close();
      await consumer.chip.close();
      await expect(input("high")).rejects.toMatchObject({ code: "HARDWARE_UNAVAILABLE" });
      const other = await fixture.consumer("other");
      await other.chip.request(fixture.lines.momentary, { direction: "input", active: "low" });
      await other.chip.request(fixture.lines.latched, { direction: "input", active: "low" });
    });

    it.runIf(traits.keepsLevelOfFreeLines)(
      "leaves a latched output as it is on release and on the next request",
      async () => {
        const line = await latched("high");
        await line.set(1);
        await line.release();
        expect(await fixture.plant.read(line.name)).toBe("high");
        expect(await (await latched("high")).get()).toBe(1);
        expect(await fixture.plant.read(line.name)).toBe("high");
      },
    );

    it.runIf(traits.keepsLevelOfFreeLines)("leaves a latched output as it is when its holder dies", async () => {
      const mortal = await fixture.consumer("mortal");
      await (await latched("high", mortal)).set(1);
      await mortal.die();
      const heir = await vi.waitFor(() => latched("high"), patience);
      expect(await heir.get()).toBe(1);
      expect(await fixture.plant.read(heir.name)).toBe("high");
    });

    it("frees the lines of a holder that died", async () => {
      const mortal = await fixture.consumer("mortal");
      await latched("high", mortal);
      await mortal.die();
      await vi.waitFor(() => latched("high"), patience);
    });

    it("says once that a line is lost when the hardware goes away, and then refuses by the line's name", async () => {
      const lines = [await input("high"), await momentary("low")];
      const lost = lines.map((line) => {
        const listener = vi.fn();
        line.onLost(listener);
        return listener;
      });
      await fixture.remove();
      for (const listener of lost) await vi.waitFor(() => expect(listener).toHaveBeenCalledOnce(), patience);
      for (const line of lines) {
        const refusal = { code: "HARDWARE_UNAVAILABLE", component: line.name };
        await expect(line.get()).rejects.toMatchObject(refusal);
        await expect(consumer.chip.request(line.name, { direction: "input", active: "high" })).rejects.toMatchObject(
          refusal,
        );
        await line.release();
      }
      await expect(lines[1]?.set(1)).rejects.toMatchObject({ code: "HARDWARE_UNAVAILABLE" });
      for (const listener of lost) expect(listener).toHaveBeenCalledOnce();
    });

    it("tells also a listener that comes after the loss", async () => {
      const line = await input("high");
      await fixture.remove();
      await vi.waitFor(() => expect(line.get()).rejects.toMatchObject({ code: "HARDWARE_UNAVAILABLE" }), patience);
      await new Promise((resolve) => line.onLost(resolve));
    });
  });
}
