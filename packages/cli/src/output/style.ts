/** What a word means to its reader; the colour follows from it. */
export type Tone = "plain" | "good" | "bad" | "busy" | "quiet" | "heading";

export type Paint = (tone: Tone, text: string) => string;

/** Select Graphic Rendition, ECMA-48 §8.3.117. */
const codes: Readonly<Record<Exclude<Tone, "plain">, number>> = { good: 32, bad: 31, busy: 33, quiet: 2, heading: 1 };

export const painted: Paint = (tone, text) => (tone === "plain" ? text : `\u001b[${codes[tone]}m${text}\u001b[0m`);
export const unpainted: Paint = (_tone, text) => text;

export interface ColourWish {
  readonly isTerminal: boolean;
  /** False: --no-color was given. */
  readonly wanted: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** https://no-color.org: any value but the empty one turns colour off. */
export const mayColour = ({ isTerminal, wanted, env }: ColourWish): boolean =>
  isTerminal && wanted && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
