import {
  BusbarError,
  type ComponentName,
  type ErrorCode,
  isComponentName,
  isErrorCode,
  type Milliseconds,
  milliseconds,
} from "@busbar/contracts";

/** Turns an untrusted value into a typed one or throws BusbarError INVALID_ARGUMENT naming where it is wrong. */
export type Decoder<T> = (value: unknown, at: string) => T;

export interface OptionalDecoder<T> extends Decoder<T | undefined> {
  readonly optional: true;
}

export type Decoded<D> = D extends Decoder<infer T> ? T : never;

export type Shape = Readonly<Record<string, Decoder<unknown>>>;

type OptionalKey<S extends Shape> = {
  [K in keyof S]: S[K] extends OptionalDecoder<unknown> ? K : never;
}[keyof S];
type Flat<T> = { [K in keyof T]: T[K] };
export type Shaped<S extends Shape> = Flat<
  { readonly [K in Exclude<keyof S, OptionalKey<S>>]: Decoded<S[K]> } & {
    readonly [K in OptionalKey<S>]?: Exclude<Decoded<S[K]>, undefined>;
  }
>;

const show = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 40);

export function malformed(at: string, problem: string): BusbarError {
  return new BusbarError("INVALID_ARGUMENT", `frame: ${at === "" ? "it" : at} ${problem}`, {
    reason: "malformed-frame",
    remedy: "run board and client from the same build",
  });
}

function refined<T>(is: (value: unknown) => value is T, what: string): Decoder<T> {
  return (value, at) => {
    if (is(value)) return value;
    throw malformed(at, `is ${show(value)}, not ${what}`);
  };
}

/** Longer spans overflow Node's timers (2^31 ms) long before anybody needs them. */
const day = 86_400_000;

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

export const text: Decoder<string> = refined(isText, "a text");
export const flag: Decoder<boolean> = refined((value) => typeof value === "boolean", "true or false");
export const count: Decoder<number> = refined(
  (value): value is number => isNumber(value) && Number.isSafeInteger(value) && value >= 0,
  "a count",
);

/** Letters, digits and `_ . : @ / -`: what may stand in a log line, a file name or a message without escaping. */
export const name: Decoder<string> = refined(
  (value): value is string => isText(value) && /^[A-Za-z0-9_.:@/-]{1,64}$/.test(value),
  "a name of 1 to 64 letters, digits and _.:@/-",
);

export const component: Decoder<ComponentName> = refined(
  (value): value is ComponentName => isText(value) && isComponentName(value),
  "the name of a component",
);

export const errorCode: Decoder<ErrorCode> = refined(
  (value): value is ErrorCode => isText(value) && isErrorCode(value),
  "an error code",
);

const span = refined((value): value is number => isNumber(value) && value >= 0 && value <= day, "0 to 86400000 ms");
export const duration: Decoder<Milliseconds> = (value, at) => milliseconds(span(value, at));

const number = refined(isNumber, "a number");
/** A point on the board's monotonic clock. */
export const instant: Decoder<Milliseconds> = (value, at) => milliseconds(number(value, at));

export function oneOf<const T extends string | number>(...allowed: readonly T[]): Decoder<T> {
  return refined((value): value is T => allowed.some((each) => each === value), `one of ${allowed.join(", ")}`);
}

export function optional<T>(decoder: Decoder<T>): OptionalDecoder<T> {
  return Object.assign((value: unknown, at: string) => (value === undefined ? undefined : decoder(value, at)), {
    optional: true as const,
  });
}

export function list<T>(decoder: Decoder<T>): Decoder<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw malformed(at, `is ${show(value)}, not a list`);
    return value.map((each: unknown, index) => decoder(each, `${at}[${index}]`));
  };
}

/** The own fields of an object; a Map, so that a field called `__proto__` is a field like any other. */
export function fields(value: unknown, at: string): ReadonlyMap<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw malformed(at, `is ${show(value)}, not an object`);
  }
  return new Map(Object.entries(value));
}

/** Exactly these fields: an unknown one means that the peer speaks of something that we would silently ignore. */
export function object<S extends Shape>(shape: S): Decoder<Shaped<S>> {
  const known = new Map(Object.entries(shape));
  return (value, at) => {
    const given = fields(value, at);
    const path = (key: string) => (at === "" ? key : `${at}.${key}`);
    for (const key of given.keys()) if (!known.has(key)) throw malformed(path(key), "is not a known field");
    const result: Record<string, unknown> = {};
    for (const [key, decoder] of known) {
      const decoded = decoder(given.get(key), path(key));
      if (decoded !== undefined) result[key] = decoded;
    }
    return result as Shaped<S>;
  };
}

type Variants<K extends string, V extends Readonly<Record<string, Shape>>> = {
  [Tag in keyof V & string]: Flat<{ readonly [Key in K]: Tag } & Shaped<V[Tag]>>;
}[keyof V & string];

/** The keys of a table as values: the tags of a union, the names of the operations. */
export function keyOf<const V extends Readonly<Record<string, unknown>>>(table: V): Decoder<keyof V & string> {
  return refined(
    (value): value is keyof V & string => isText(value) && Object.hasOwn(table, value),
    `one of ${Object.keys(table).join(", ")}`,
  );
}

/** A discriminated union: field `key` says which of the shapes the other fields have. */
export function union<const K extends string, V extends Readonly<Record<string, Shape>>>(
  key: K,
  variants: V,
): Decoder<Variants<K, V>> {
  const tag = keyOf(variants);
  const decoders = new Map<string, Decoder<unknown>>(
    Object.entries(variants).map(([each, shape]) => [each, object({ [key]: oneOf(each), ...shape })]),
  );
  return (value, at) => {
    const chosen = tag(fields(value, at).get(key), at === "" ? key : `${at}.${key}`);
    const decoder = decoders.get(chosen);
    if (decoder === undefined) throw malformed(at, "is of no known kind");
    return decoder(value, at) as Variants<K, V>;
  };
}
