import { booleanIn, numberIn } from "./setting.ts";

/** What a leaf's `format` means for reading and checking. */
export interface LeafKind {
  readonly rule: string;
  readonly fits: (value: unknown) => boolean;
  readonly parse: (text: string) => unknown;
  readonly show: (value: unknown) => string;
  readonly inFile: "text" | "value";
}

const json = (value: unknown) => JSON.stringify(value);

const wholeNumber = (rule: string, min: number, max = Number.MAX_SAFE_INTEGER): LeafKind => ({
  rule,
  fits: (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
  parse: numberIn,
  show: json,
  inFile: "value",
});

const boolean: LeafKind = {
  rule: "true or false",
  fits: (value) => typeof value === "boolean",
  parse: booleanIn,
  show: json,
  inFile: "value",
};

const number: LeafKind = {
  rule: "a number",
  fits: (value) => typeof value === "number" && Number.isFinite(value),
  parse: numberIn,
  show: json,
  inFile: "value",
};

const text: LeafKind = {
  rule: "a text that isn't empty",
  fits: (value) => typeof value === "string" && value !== "",
  parse: (given) => given,
  show: json,
  inFile: "text",
};

/** convict's own formats that a leaf may name. */
const named: ReadonlyMap<unknown, LeafKind> = new Map<unknown, LeafKind>([
  [String, text],
  ["String", text],
  [Boolean, boolean],
  ["Boolean", boolean],
  [Number, number],
  ["Number", number],
  ["int", wholeNumber("a whole number", Number.MIN_SAFE_INTEGER)],
  ["integer", wholeNumber("a whole number", Number.MIN_SAFE_INTEGER)],
  ["nat", wholeNumber("a whole number, 0 or more", 0)],
  ["port", wholeNumber("a port from 0 to 65535", 0, 65_535)],
]);

/** Of a leaf in convict's own notation. @throws TypeError for a format that isn't read from text: a bug in the schema */
export function plainLeafKind(format: unknown, path: string): LeafKind {
  const known = named.get(format);
  if (known !== undefined) return known;
  if (Array.isArray(format)) return choiceOf(format);
  throw new TypeError(`the setting ${path} has a format that text can't be read for; make it of a Setting`);
}

const choiceOf = (choices: readonly unknown[]): LeafKind => ({
  rule: `one of ${choices.join(", ")}`,
  fits: (value) => choices.includes(value),
  parse: (given) => choices.find((one) => String(one) === given),
  show: String,
  inFile: choices.every((one) => typeof one === "string") ? "text" : "value",
});
