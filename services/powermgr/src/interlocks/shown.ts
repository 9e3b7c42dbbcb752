import type { Milliseconds } from "@busbar/contracts";

/** For people: a tenth is as good as any of these sensors is. */
export const degrees = (celsius: number): string => `${celsius.toFixed(1)} °C`;

export const seconds = (duration: Milliseconds): string => `${Math.ceil(duration / 1000)} s`;
