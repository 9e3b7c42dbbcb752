import { booleanIn, numberIn } from "./setting.ts";

/** A key of a schema in the form that files, environment and flags are read against. */
export interface SettingRow {
  /** `policies.restore.delay` */
  readonly path: string;
  /** `--policies-restore-delay` */
  readonly flag: string;
  readonly variable: string;
  readonly doc: string;
  readonly rule: string;
  readonly fallback: unknown;
  readonly required: boolean;
  readonly sensitive: boolean;
  readonly isBoolean: boolean;
  /** @returns the value, or undefined when the text stands for none that fits */
  fromText(text: string): unknown;
  /** @returns the value, or undefined when it doesn't fit */
  fromFile(value: unknown): unknown;
  show(value: unknown): string;
}

type Leaf = Readonly<Record<string, unknown>>;

/**
 * The rows of a convict schema. convict itself would take "12abc" for 12, any text for true, and never say where a
 * value came from, so its leaves are read here and only checked there.
 */
export function settingRows(schema: object, parents: readonly string[] = []): readonly SettingRow[] {
  return Object.entries(schema).flatMap(([key, node]) => {
    if (typeof node !== "object" || node === null) throw new TypeError(`the setting ${key} has no description`);
    const path = [...parents, key];
    return "default" in node ? [rowOf(path, { ...node })] : settingRows(node, path);
  });
}

function rowOf(path: readonly string[], leaf: Leaf): SettingRow {
  const words = path.flatMap((key) => key.replace(/([a-z0-9])([A-Z])/g, "$1 $2").split(" ")).map((word) => word.toLowerCase());
  const kind = kindOf(leaf);
  const accept = (value: unknown) => (kind.fits(value) ? value : undefined);
  return {
    path: path.join("."),
    flag: `--${textOf(leaf.arg) ?? words.join("-")}`,
    variable: textOf(leaf.env) ?? `BUSBAR_${words.join("_").toUpperCase()}`,
    doc: textOf(leaf.doc) ?? "",
    rule: kind.rule,
    fallback: leaf.default,
    required: leaf.default === null && leaf.nullable !== true,
    sensitive: leaf.sensitive === true,
    isBoolean: typeof leaf.default === "boolean",
    fromText: (text) => accept(kind.parse(text)),
    // A duration stands as text in a file, too; a number or a boolean stands as itself.
    fromFile: (value) => accept(typeof value === "string" && kind.textInFiles ? kind.parse(value) : value),
    show: (value) => (value === null ? "not set" : kind.show(value)),
  };
}

interface LeafKind {
  readonly rule: string;
  readonly fits: (value: unknown) => boolean;
  readonly parse: (text: string) => unknown;
  readonly show: (value: unknown) => string;
  readonly textInFiles: boolean;
}

function kindOf(leaf: Leaf): LeafKind {
  const { format } = leaf;
  if (typeof format === "function" && typeof leaf.rule === "string") {
    const parse = typeof leaf.parse === "function" ? leaf.parse : String;
    const show = typeof leaf.show === "function" ? leaf.show : String;
    return {
      rule: leaf.rule,
      fits: (value) => passes(format, value),
      parse: (text) => parse(text),
      show: (value) => String(show(value)),
      textInFiles: true,
    };
  }
  return plainKind(leaf);
}
