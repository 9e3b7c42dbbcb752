/** Nearest rank: one of the samples, never something between two of them. @param rank above 0, up to 100 */
export function percentile(samples: readonly number[], rank: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const found = sorted[Math.ceil((rank / 100) * sorted.length) - 1];
  if (found === undefined) throw new Error("there are no samples");
  return found;
}
