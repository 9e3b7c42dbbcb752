/** What follows the last event of an operation (acknowledgements of the stream) takes less than this. */
const quietMs = 2;
const timesAtStart = 1_000;

/** Until what was measured before has died away. */
export const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, quietMs));

/**
 * Both sides are asked as often before the first sample, so that neither runs code that the engine has yet to compile.
 * Operations are too slow for that; what repeats one takes the same way but for its end.
 */
export async function warmUp(ask: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < timesAtStart; time += 1) await ask();
}
