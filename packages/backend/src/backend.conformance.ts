import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Button, DomainControl, Holdable, Power } from "./capabilities.ts";

/** What was done to the hardware, as the hardware saw it. */
export type Act =
  | { readonly kind: "switch"; readonly to: "on" | "off" }
  /** A momentary output asserted; `released` says whether it is at rest again, `ms` for how long it was asserted. */
  | { readonly kind: "pulse"; readonly line: string; readonly released: boolean; readonly ms: number };

/** The far end: the hardware itself, told what it should do and asked what was done to it. */
export interface BackendHardware {
  /** Somebody else switches the domain, as a person at its front panel does. */
  become(power: "on" | "off"): Promise<void>;
  /** Takes the hardware away: the line is removed, the cable is cut. */
  lose(): Promise<void>;
  giveBack(): Promise<void>;
  /** From now on a rail follows what is set, and a button does nothing by itself. In the order in which they began. */
  acts(): Promise<readonly Act[]>;
  /** The next act reaches the hardware, and its answer is an error. */
  failNext(): Promise<void>;
}

export interface BackendFixture {
  /** Opened on hardware that is there, off, and that nobody has acted on. */
  readonly control: DomainControl;
  readonly hardware: BackendHardware;
  end(): Promise<void>;
}

export interface BackendTraits {
  /** Which of the two the domain has: what the platform file writes as `control`. */
  readonly control: "rail" | "buttons";
  /** A change of the hardware is told within this time: for so long the suite looks whether something is told wrongly. */
  readonly tellsWithinMs: number;
  /** What the options or the platform ask for, in milliseconds; for `control: "buttons"` only. */
  readonly pulse?: { readonly press: number; readonly hold: number };
}

/** Slow hardware and a busy machine may need this long; only a failure waits for so long. */
const patience = { timeout: 10_000, interval: 5 };

/** What every backend must do (docs/backends.md). Run it inside a vitest file. */
export function backendConformance(
  name: string,
  traits: BackendTraits,
  makeFixture: () => Promise<BackendFixture>,
): void {
  describe(`${name} as a backend`, () => {
    let fixture: BackendFixture;
    let control: DomainControl;
    let hardware: BackendHardware;

    beforeEach(async () => {
      fixture = await makeFixture();
      ({ control, hardware } = fixture);
    });
    afterEach(() => fixture.end());

    const sees = (power: Power) =>
      vi.waitFor(async () => expect(await control.sense.readStable()).toBe(power), patience);
    const isGone = () => vi.waitFor(() => expect(control.unavailable()).toEqual(expect.stringMatching(/./)), patience);
    const isBack = () => vi.waitFor(() => expect(control.unavailable()).toBeUndefined(), patience);
    const heard = (powers: readonly Power[], power: Power) =>
      vi.waitFor(() => expect(powers.at(-1)).toBe(power), patience);
    const listen = (): { powers: Power[]; end: () => void } => {
      const powers: Power[] = [];
      return { powers, end: control.sense.onChange((power) => powers.push(power)) };
    };
    const rail = () => {
      if (control.rail) return control.rail;
      throw new Error("the domain has control: rail, and the control has no rail");
    };
    const powerButton = () => {
      if (control.powerButton) return control.powerButton;
      throw new Error("the domain has control: buttons, and the control has no powerButton");
    };
    const pulses = async (line: string) =>
      (await hardware.acts()).filter((act) => act.kind === "pulse").filter((act) => act.line === line);

    describe("opened", () => {
      it("has acted on nothing", async () => {
        expect(await hardware.acts()).toEqual([]);
      });

      it("is available, and names its outputs", () => {
        expect(control.unavailable()).toBeUndefined();
        const outputs = [control.rail, control.powerButton, control.resetButton, control.forceOff];
        for (const output of outputs.filter((each) => each !== undefined)) expect(output.line).toMatch(/./);
      });

      it("has what the platform file promises of it", () => {
        expect(traits.control === "rail" ? rail() : powerButton()).toBeDefined();
      });
    });

    describe("sensing", () => {
      it("reads what the hardware is", async () => {
        for (const power of ["on", "off", "on"] as const) {
          await hardware.become(power);
          await sees(power);
          await vi.waitFor(async () => expect(await control.sense.read()).toBe(power), patience);
        }
      });

      it("tells each change that somebody else made, and not a reading that is as before", async () => {
        const { powers } = listen();
        for (const power of ["on", "off", "on"] as const) {
          await hardware.become(power);
          await heard(powers, power);
          await control.sense.read();
          await control.sense.readStable();
        }
        expect(powers).toEqual(["on", "off", "on"]);
      });

      it("tells a listener nothing once it has unsubscribed, and goes on telling the others", async () => {
        const gone = listen();
        const { powers } = listen();
        gone.end();
        gone.end();
        await hardware.become("on");
        await heard(powers, "on");
        expect(gone.powers).toEqual([]);
      });

      it("is unknown, and no rejection, when the hardware is away, and tells so; and reads again when it is back", async () => {
        await hardware.become("on");
        await sees("on");
        const { powers } = listen();
        await hardware.lose();
        await heard(powers, "unknown");
        expect(await control.sense.read()).toBe("unknown");
        expect(await control.sense.readStable()).toBe("unknown");
        await hardware.giveBack();
        await heard(powers, "on");
        await sees("on");
      });
    });

    describe("without its hardware", () => {
      it("says what is missing, tells that this changed, and takes the hardware when it comes", async () => {
        const told = vi.fn();
        control.onAvailability(told);
        await hardware.lose();
        await isGone();
        expect(told).toHaveBeenCalled();
        told.mockClear();
        await hardware.giveBack();
        await isBack();
        expect(told).toHaveBeenCalled();
      });

      it("tells no change of availability to a listener that has unsubscribed", async () => {
        const gone = vi.fn();
        control.onAvailability(gone)();
        await hardware.lose();
        await isGone();
        expect(gone).not.toHaveBeenCalled();
      });

      it("refuses acts as HARDWARE_UNAVAILABLE, and does not make up for them later", async () => {
        await hardware.lose();
        await isGone();
        const act = traits.control === "rail" ? () => rail().set("on") : () => powerButton().press();
        await expect(act()).rejects.toMatchObject({ code: "HARDWARE_UNAVAILABLE" });
        await hardware.giveBack();
        await isBack();
        expect(await hardware.acts()).toEqual([]);
      });

      it("acts again when it is back", async () => {
        await hardware.lose();
        await isGone();
        await hardware.giveBack();
        await isBack();
        if (traits.control === "rail") await rail().set("on");
        else await powerButton().press();
        expect(await hardware.acts()).toHaveLength(1);
      });
    });

    if (traits.control === "rail") {
      describe("a rail", () => {
        it("is on the hardware when it is set, and shows in what is sensed", async () => {
          for (const power of ["on", "off"] as const) {
            await rail().set(power);
            expect((await hardware.acts()).at(-1)).toEqual({ kind: "switch", to: power });
            await sees(power);
          }
        });

        it("is a level: set twice it is what it was set to", async () => {
          await rail().set("on");
          await rail().set("on");
          expect(new Set((await hardware.acts()).map((act) => act.kind === "switch" && act.to))).toEqual(
            new Set(["on"]),
          );
          await sees("on");
        });

        it("says that something may have happened when its answer is an error", async () => {
          await hardware.failNext();
          await expect(rail().set("on")).rejects.toMatchObject({
            code: expect.stringMatching(/^(?:POWER_OPERATION_FAILED|HARDWARE_UNAVAILABLE)$/),
          });
          await isBack();
          await rail().set("on");
          await sees("on");
        });

        it("keeps its level when it is closed", async () => {
          await rail().set("on");
          await sees("on");
          const before = await hardware.acts();
          await control.close();
          expect(await hardware.acts()).toEqual(before);
        });
      });
    }

    if (traits.control === "buttons") {
      describe("a button", () => {
        const { press = 0, hold = 0 } = traits.pulse ?? {};
        const presses = (): readonly (readonly [string, Button, number])[] => [["power", powerButton(), press]];

        it("is pressed once, in full length, and is released when the press ends", async () => {
          for (const [, button, width] of presses()) {
            await button.press();
            const made = await pulses(button.line);
            expect(made).toEqual([expect.objectContaining({ released: true })]);
            // A timer may fire a moment before its time as the hardware's clock has it.
            expect(made[0]?.ms).toBeGreaterThanOrEqual(width - 2);
          }
        });

        it("says that something may have happened when the assertion's answer is an error, and is released", async () => {
          await hardware.failNext();
          await expect(powerButton().press()).rejects.toMatchObject({ code: "POWER_OPERATION_FAILED" });
          expect((await pulses(powerButton().line)).filter(({ released }) => !released)).toEqual([]);
        });

        const holdables = (): readonly Holdable[] => [powerButton(), ...(control.forceOff ? [control.forceOff] : [])];

        it("is held in full length when nothing says otherwise", async () => {
          for (const holdable of holdables()) {
            await holdable.hold(new AbortController().signal);
            const [made, ...more] = await pulses(holdable.line);
            expect(more).toEqual([]);
            expect(made?.released).toBe(true);
            expect(made?.ms).toBeGreaterThanOrEqual(hold - 2);
          }
        });

        it("is let go early when it is told so, and keeps no listener on what told it", async () => {
          for (const holdable of holdables()) {
            const release = new AbortController();
            const holding = holdable.hold(release.signal);
            await vi.waitFor(async () => expect(await pulses(holdable.line)).toHaveLength(1), patience);
            release.abort();
            await holding;
            const made = await pulses(holdable.line);
            expect(made).toEqual([expect.objectContaining({ released: true })]);
            expect(made[0]?.ms).toBeLessThan(hold);
            expect(getEventListeners(release.signal, "abort")).toEqual([]);
          }
        });

        it("keeps no listener on a signal that never came", async () => {
          const release = new AbortController();
          await powerButton().hold(release.signal);
          expect(getEventListeners(release.signal, "abort")).toEqual([]);
        });

        it("is not left asserted when it is closed", async () => {
          const holding = powerButton()
            .hold(new AbortController().signal)
            // What a hold that is cut short answers is its own business.
            .catch(() => undefined);
          await vi.waitFor(async () => expect(await pulses(powerButton().line)).toHaveLength(1), patience);
          await control.close();
          await holding;
          expect((await pulses(powerButton().line)).filter(({ released }) => !released)).toEqual([]);
        });
      });
    }

    describe("closed", () => {
      it("tells nothing any more, not even what it was finding out, and can be closed again", async () => {
        const { powers } = listen();
        const told = vi.fn();
        control.onAvailability(told);
        await hardware.become("on");
        await control.close();
        await control.close();
        const before = [...powers];
        await hardware.become("off");
        await hardware.lose();
        await new Promise((resolve) => setTimeout(resolve, traits.tellsWithinMs));
        expect(powers).toEqual(before);
        expect(told).not.toHaveBeenCalled();
      });
    });

    it("keeps no listener that has gone: a thousand that come and go leave no warning", async () => {
      const warnings: Error[] = [];
      const note = (warning: Error) => warnings.push(warning);
      process.on("warning", note);
      try {
        for (let round = 0; round < 1_000; round += 1) {
          const ends = [control.sense.onChange(() => {}), control.onAvailability(() => {})];
          for (const end of ends) end();
        }
        // Node tells of a leak on the next turn.
        await new Promise((resolve) => setImmediate(resolve));
      } finally {
        process.off("warning", note);
      }
      expect(warnings).toEqual([]);
    });

    if (traits.control === "rail") {
      it("measures at once, if it measures, and knows nothing without hardware", async () => {
        if (control.measure === undefined) return;
        await rail().set("on");
        await vi.waitFor(() => expect(control.measure?.latest()?.watts).toBeGreaterThan(0), patience);
        expect(control.measure.latest()?.at).toBeGreaterThan(0);
        await hardware.lose();
        await isGone();
        expect(control.measure.latest()).toBeUndefined();
      });
    }
  });
}
