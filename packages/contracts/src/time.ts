declare const unit: unique symbol;

/** A duration or a point on a monotonic clock, in milliseconds (may be fractional). */
export type Milliseconds = number & { readonly [unit]: "ms" };

export const milliseconds = (value: number): Milliseconds => value as Milliseconds;
