import { setTimeout as sleep } from "node:timers/promises";

/** Ends a hang; nothing that works takes a tenth of it. */
export const patienceMs = 30_000;

/** Between two looks at something that tells nobody when it changes. */
const lookEveryMs = 20;

/** `work`, or an error that says what did not come. */
export async function within<T>(what: string, work: Promise<T>, ms = patienceMs): Promise<T> {
  const bound = new AbortController();
  const late = sleep(ms, undefined, { signal: bound.signal }).then(() => {
    throw new Error(`${what} did not come within ${ms} ms`);
  });
  late.catch(() => {}); // also when the work came first
  try {
    return await Promise.race([work, late]);
  } finally {
    bound.abort();
  }
}

/** Looks again and again until there is an answer; a look that throws is one without. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  ms = patienceMs,
): Promise<T> {
  const end = performance.now() + ms;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      last = undefined;
    } catch (thrown) {
      last = thrown;
    }
    await sleep(lookEveryMs);
  }
  throw new Error(`${what}: not so within ${ms} ms`, { cause: last });
}

/** What came, in order, and who waits for more of it. */
export class Arrivals<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<() => void>();

  add(item: T): void {
    this.all.push(item);
    for (const look of [...this.#waiting]) look();
  }

  /** Where the next one will be: give it to `until` as `after`. */
  get mark(): number {
    return this.all.length;
  }

  since(mark: number): readonly T[] {
    return this.all.slice(mark);
  }

  /** The first match from `after` on, there already or still to come. */
  async until(what: string, matches: (item: T) => boolean, after = 0, ms = patienceMs): Promise<T> {
    let look = () => {};
    const found = new Promise<T>((resolve) => {
      let next = after;
      look = () => {
        for (; next < this.all.length; next += 1) {
          const item = this.all[next];
          if (item !== undefined && matches(item)) return resolve(item);
        }
      };
      this.#waiting.add(look);
      look();
    });
    try {
      return await within(what, found, ms);
    } finally {
      this.#waiting.delete(look);
    }
  }
}
