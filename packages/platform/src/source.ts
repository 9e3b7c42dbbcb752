import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Locate, Position, Problems } from "./problems.ts";

/** A YAML text, read: its plain value, and where in the text each path of it stands. */
export interface Source {
  readonly value: unknown;
  readonly locate: Locate;
}

/** @throws BusbarError INVALID_ARGUMENT if the text can't be read as one YAML document. */
export function readYaml(text: string, problems: Problems): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const [word = ""] = /[^\s:]*/.exec(text.slice(pos[0])) ?? [];
    const { what, fix } = complaints[code]?.(word) ?? { what: message, fix: "correct the YAML here or just before" };
    problems.add([], what, fix, positionOf(pos[0]));
  }
  // A doubled key leaves the tree whole, so the rest can still be checked; other errors don't.
  if (document.errors.some(({ code }) => code !== "DUPLICATE_KEY")) problems.throwIfAny();
  try {
    return { value: document.toJS(), locate: (path, part) => positionOf(offsetOf(document, path, part)) };
  } catch (thrown) {
    // toJS refuses aliases that expand without bound.
    problems.add([], thrown instanceof Error ? thrown.message : String(thrown), "write the values out");
    problems.throwIfAny();
    throw thrown;
  }
}

/** Errors whose own text is for programmers; each is told the word at which it was found. */
const complaints: { readonly [code: string]: (word: string) => { readonly what: string; readonly fix: string } } = {
  DUPLICATE_KEY: (key) => ({ what: `the key "${key}" is there twice`, fix: "keep one of the two" }),
  MULTIPLE_DOCS: () => ({ what: "a second document begins", fix: "keep one document in the file" }),
};

function offsetOf(document: Document.Parsed, path: Parameters<Locate>[0], part: Parameters<Locate>[1]): number {
  const start = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);
  let node: unknown = document.contents;
  let offset = start(node) ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined) break;
      const atKey = part === "key" && depth === path.length - 1;
      offset = (atKey ? undefined : start(pair.value)) ?? start(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === "number") {
      node = node.items[step];
      offset = start(node) ?? offset;
    } else break;
  }
  return offset;
}
