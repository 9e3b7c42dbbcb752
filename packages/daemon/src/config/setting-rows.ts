import { type LeafKind, plainLeafKind } from "./plain-leaf.ts";

/** A key of a schema, as files, environment and flags are read against it. */
export interface SettingRow {
  /** `policies.restore.delay` */
  readonly path: string;
  /** `--policies-restore-delay` */
  readonly flag: string;
  readonly variable: string;
  readonly doc: string;
  readonly rule: string;
  /** null: none. */
  readonly fallback: unknown;
  readonly required: boolean;
  readonly sensitive: boolean;
  readonly isBoolean: boolean;
  /** @returns undefined when the text breaks the rule */
  fromText(text: string): unknown;
  /** @returns undefined when the value breaks the rule */
  fromFile(value: unknown): unknown;
  show(value: unknown): string;
}

type Leaf = Readonly<Record<string, unknown>>;

/**
 * The rows of a convict schema. convict would take "12abc" for 12 and any text for true, and it never says where a
 * value came from: values are read here, strictly, and convict holds what was read.
 */
export function settingRows(schema: object, parents: readonly string[] = []): readonly SettingRow[] {
  return Object.entries(schema).flatMap(([key, node]) => {
    if (typeof node !== "object" || node === null) throw new TypeError(`the setting ${key} is not described`);
    const path = [...parents, key];
    return "default" in node ? [rowOf(path, { ...node })] : settingRows(node, path);
  });
}

function rowOf(keys: readonly string[], leaf: Leaf): SettingRow {
  const path = keys.join(".");
  const words = keys.flatMap(wordsOf);
  const { rule, fits, parse, show, inFile } = kindOf(leaf, path);
  const fitting = (value: unknown) => (fits(value) ? value : undefined);
  return {
    path,
    flag: `--${textOf(leaf.arg) ?? words.join("-")}`,
    variable: textOf(leaf.env) ?? `BUSBAR_${words.join("_").toUpperCase()}`,
    doc: textOf(leaf.doc) ?? "",
    rule,
    fallback: leaf.default,
    required: leaf.default === null && leaf.nullable !== true,
    sensitive: leaf.sensitive === true,
    isBoolean: rule === booleanRule,
    fromText: (text) => fitting(parse(text)),
    fromFile(value) {
      if (inFile === "value") return fitting(value);
      return typeof value === "string" ? fitting(parse(value)) : undefined;
    },
    show: (value) => (value === null || value === undefined ? "not set" : show(value)),
  };
}

const booleanRule = "true or false";

/** `integrationTimeout` → integration, timeout */
const wordsOf = (key: string): readonly string[] =>
  key
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(" ");

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function kindOf(leaf: Leaf, path: string): LeafKind {
  const { format, rule, parse, show, inFile } = leaf;
  if (!isFunction(format) || !isFunction(parse) || !isFunction(show) || typeof rule !== "string") {
    return plainLeafKind(format, path);
  }
  return {
    rule,
    fits: (value) => passes(format, value),
    parse: (text) => parse(text),
    show: (value) => String(show(value)),
    inFile: inFile === "value" ? "value" : "text",
  };
}

const isFunction = (value: unknown): value is (argument: unknown) => unknown => typeof value === "function";

function passes(format: (value: unknown) => unknown, value: unknown): boolean {
  try {
    format(value);
    return true;
  } catch {
    return false;
  }
}
