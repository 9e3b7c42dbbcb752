/** Microseconds, or requests per second: what `Budget.unit` says. */
export type Sample = number;

/** Takes `count` samples, one after the other. */
export type Side = (count: number) => Promise<readonly Sample[]>;

/** A budget that is ready to be measured. */
export interface Measurement {
  readonly floor: Side;
  readonly figure: Side;
  close(): Promise<void>;
}

/** What a budget is measured in: a running system and an empty directory beside its data, on the same file system. */
export interface Setting {
  readonly root: string;
  readonly natsUrl: string;
  readonly boardSocket: string;
  readonly platform: string;
  readonly scratch: string;
  /** Where the processes of the bench are, bundled as the daemons are. */
  readonly programs: string;
}

/** `ratio`: of the figure to its floor, per round. `value`: of the figure alone, over all rounds, in its unit. */
export type Limit =
  | { readonly of: "ratio"; readonly atMost: number }
  | { readonly of: "ratio"; readonly atLeast: number }
  | { readonly of: "value"; readonly atMost: number };

export interface Budget {
  /** Its row in BUDGETS.md. */
  readonly row: number;
  readonly figure: string;
  readonly floor: string;
  readonly limit: Limit;
  /** `bench`: everything runs, on test/bench/platform. `bare`: broker and board of platforms/simulated alone. */
  readonly system: "bench" | "bare";
  readonly unit: "µs" | "1/s";
  /** Which one of a round's samples stands for it. */
  readonly percentile: 50 | 99;
  /** Samples of each side in one round; `quick` with --quick. */
  readonly samples: { readonly usual: number; readonly quick: number };
  open(setting: Setting): Promise<Measurement>;
}

/** A side from something that takes one sample at a time. */
export const oneByOne =
  (sample: () => Promise<Sample>): Side =>
  async (count) => {
    const samples: Sample[] = [];
    while (samples.length < count) samples.push(await sample());
    return samples;
  };

/** @returns how long it took, in microseconds, and what came of it */
export async function timed<T>(work: () => Promise<T>): Promise<{ readonly took: Sample; readonly result: T }> {
  const start = performance.now();
  const result = await work();
  return { took: (performance.now() - start) * 1000, result };
}
