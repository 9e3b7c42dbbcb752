/** What another process measured, as it came over the channel. */
export function decodeSamples(message: unknown): readonly number[] {
  if (typeof message === "object" && message !== null && "samples" in message) {
    const { samples } = message;
    if (Array.isArray(samples) && samples.every((sample) => typeof sample === "number")) return samples;
  }
  throw new Error(`no samples came but ${JSON.stringify(message)}`);
}
