import { type Milliseconds, milliseconds } from "@busbar/contracts";

interface Sample {
  /** CLOCK_BOOTTIME. */
  readonly at: number;
  readonly value: number;
}

export interface Rise {
  /** In the unit of the values. */
  readonly perMinute: number;
}

/** Enough for a line through them, and little to keep for each of some hundred sensors. */
const mostSamples = 16;
const leastSamples = 4;
/** What was measured longer ago says nothing about now. */
const window = milliseconds(5 * 60_000);
/** Of the squared deviation, how much the line must explain; less is noise. */
const leastFit = 0.8;

/** The recent course of one measured value. */
export class Trend {
  #samples: Sample[] = [];

  /** Samples come in order; one of the same time replaces the last. */
  add(at: number, value: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && at < last.at) return;
    if (last?.at === at) this.#samples.pop();
    this.#samples.push({ at, value });
    this.#samples = this.#samples.filter((sample) => at - sample.at <= window).slice(-mostSamples);
  }

  get size(): number {
    return this.#samples.length;
  }

  /** How fast it rises or falls: the slope of the line with the least squares. Undefined while nothing can be said. */
  rise(): Rise | undefined {
    const count = this.#samples.length;
    if (count < leastSamples) return undefined;
    const mean = (of: (sample: Sample) => number) => this.#samples.reduce((sum, one) => sum + of(one), 0) / count;
    const [at, value] = [mean((one) => one.at), mean((one) => one.value)];
    const variance = mean((one) => (one.at - at) ** 2);
    const deviation = mean((one) => (one.value - value) ** 2);
    const covariance = mean((one) => (one.at - at) * (one.value - value));
    if (variance === 0) return undefined;
    if (deviation === 0) return { perMinute: 0 };
    if (covariance ** 2 / (variance * deviation) < leastFit) return undefined;
    return { perMinute: (covariance / variance) * 60_000 };
  }

  /** The last value, if it goes on like this for so long; undefined while nothing can be said. */
  ahead(horizon: Milliseconds): number | undefined {
    const rise = this.rise();
    const last = this.#samples.at(-1);
    return rise && last && last.value + (rise.perMinute * horizon) / 60_000;
  }
}
