/** What the platform file has under `options`. */
export interface OutletOptions {
  /** Of the PDU, for instance `http://pdu.example:8080`. */
  readonly url: string;
  /** As it is numbered on the PDU, from 1. */
  readonly outlet: number;
  /** File that holds the PDU's token, relative to the platform file. */
  readonly tokenFile: string;
  /** An answer that takes longer, in milliseconds, is none: 10 to 30000, usually 2000. */
  readonly timeoutMs: number;
  /** Between looks at the outlet, in milliseconds: 10 to 60000, usually 1000. */
  readonly pollMs: number;
}

const usual = { timeoutMs: 2_000, pollMs: 1_000 };
const known: readonly string[] = [
  "url",
  "outlet",
  "tokenFile",
  "timeoutMs",
  "pollMs",
] satisfies (keyof OutletOptions)[];

/** @throws Error saying which option is wrong and what it takes */
export function parseOptions(written: unknown): OutletOptions {
  if (typeof written !== "object" || written === null) throw new Error("write options: { url, outlet, tokenFile }");
  const given: Record<string, unknown> = { ...usual, ...written };
  const stranger = Object.keys(given).find((key) => !known.includes(key));
  if (stranger !== undefined) throw new Error(`unknown option ${stranger}; known here: ${known.join(", ")}`);
  const { url, tokenFile } = given;
  if (typeof url !== "string" || !/^https?:$/.test(protocolOf(url)))
    throw new Error("url: write http://… or https://…");
  if (typeof tokenFile !== "string" || tokenFile === "") throw new Error("tokenFile: write the path of a file");
  return {
    url,
    tokenFile,
    outlet: wholeNumber(given, "outlet", 1, 1_000),
    timeoutMs: wholeNumber(given, "timeoutMs", 10, 30_000),
    pollMs: wholeNumber(given, "pollMs", 10, 60_000),
  };
}

const protocolOf = (url: string): string => (URL.canParse(url) ? new URL(url).protocol : "");

function wholeNumber(given: Record<string, unknown>, key: keyof OutletOptions, least: number, most: number): number {
  const value = given[key];
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${key}: write a whole number from ${least} to ${most}`);
}
