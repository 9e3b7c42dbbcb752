import { duration, type Milliseconds } from "@busbar/contracts";

export interface DurationRange {
  readonly least: Milliseconds;
  readonly most: Milliseconds;
  /** Taken when the file is silent. */
  readonly usual: Milliseconds;
}

type DurationText = Parameters<typeof duration>[0];

export const range = (least: DurationText, usual: DurationText, most: DurationText): DurationRange => ({
  least: duration(least),
  usual: duration(usual),
  most: duration(most),
});

/**
 * `domains.<name>.timing`: range (least, usual, most) of each key. Figures of the field are x86-power-control's (XPC),
 * phosphor-power's (PP) and Meta's, as collected in reference/openbmc.md §1 and §2.
 */
export const timings = {
  /** Press of the power button (on, graceful off). 200 ms is XPC's PowerPulse; Meta presses for 1 s. */
  press: range("10ms", "200ms", "5s"),
  /** Assertion of a reset button or reset line. 500 ms is XPC's; Meta found servers that miss less than 100 ms. */
  reset: range("10ms", "500ms", "10s"),
  /** Hold that forces power off. 15 s is XPC's; ACPI's 4 s is the low edge, some boards take 6 s. */
  forceHold: range("1200ms", "15s", "60s"),
  /**
   * The shortest hold that the board may take for a force off: every other press ends before it. Not derived from
   * `forceHold`, which is long for safety: chipsets act from 4 s on (ACPI's power button override), less a tolerance.
   */
  forceThreshold: range("1100ms", "3500ms", "30s"),
  /** From the press or switch until power-good shows its effect. 10 s is PP's (it allows 5 to 30 s). */
  powerGood: range("100ms", "10s", "5m"),
  /** Off before the next on, for capacitors to drain. 5 s is XPC's cycle gap; Meta waits 10 s, PP 25 s. */
  minimumOff: range("0ms", "5s", "10m"),
  /** How long an operating system may take to shut down. 300 s is XPC's; OpenBMC had to raise its own to 45 min. */
  gracefulOff: range("1s", "300s", "60m"),
  /** From the start of an action to its verified end, graceful off excepted (DESIGN §12). */
  operation: range("1s", "30s", "15m"),
} as const;

/**
 * `gpio.lines.<name>.debounce`: levels that don't hold this long are glitches. 10 ms outlasts the ringing of an
 * open-drain power-good (11 bounces were tried, reference/hardware-in-the-loop.md) and is small beside every timeout.
 */
export const debounce = range("0ms", "10ms", "1s");

/** `sequence.onDelay` and `offDelay`: pauses between steps, so that inrush currents don't add up. */
export const pause = range("0ms", "0ms", "5m");

/** `within` of an await step: an auxiliary supply is up in milliseconds, a slow one in seconds. */
export const awaitWithin = range("1ms", "1s", "1m");

/** `pause` of a step: written to have an effect, so there is no usual one. */
export const stepPause = range("1ms", "100ms", "1m");

export type TimingKey = keyof typeof timings;

export type Timings = { readonly [Key in TimingKey]: Milliseconds };
