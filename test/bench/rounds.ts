import type { Measurement, Sample } from "./budget.ts";

export interface Round {
  readonly floor: readonly Sample[];
  readonly figure: readonly Sample[];
}

/**
 * Floor and figure in turn, so that whatever else the machine does meets both; who goes first changes from round to
 * round. One round before the first is thrown away: caches, connections and compilers are warm then.
 */
export async function alternate({ floor, figure }: Measurement, rounds: number, samples: number): Promise<Round[]> {
  const taken: Round[] = [];
  for (let number = 0; number <= rounds; number += 1) {
    const round = number % 2 === 0 ? await floorFirst() : await figureFirst();
    if (number > 0) taken.push(round);
  }
  return taken;

  async function floorFirst(): Promise<Round> {
    const below = await floor(samples);
    return { floor: below, figure: await figure(samples) };
  }

  async function figureFirst(): Promise<Round> {
    const above = await figure(samples);
    return { floor: await floor(samples), figure: above };
  }
}
