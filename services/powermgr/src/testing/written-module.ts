import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory with a backend in plain JavaScript, as somebody else would write one. */
export function writtenModule(text: string): { readonly directory: string; readonly module: string } {
  const directory = mkdtempSync(join(tmpdir(), "busbar-"));
  writeFileSync(join(directory, "backend.mjs"), text);
  return { directory, module: "./backend.mjs" };
}

/** Parts of a backend that works; a test replaces one. What happens to it is told through `globalThis.busbarTest`. */
export const backendText = (changes: Readonly<Record<string, string>> = {}): string => {
  const parts = {
    apiVersion: "1",
    parseOptions: "(options) => options ?? {}",
    sense: `{ read: async () => power, readStable: async () => power, onChange: (l) => { heard.add(l); return () => heard.delete(l); } }`,
    rail: `{ line: "outlet 3", set: async (to) => { power = to; for (const l of heard) l(power); } }`,
    close: "async () => {}",
    before: "",
    ...changes,
  };
  return `let power = "off"; const heard = new Set();
export default {
  apiVersion: ${parts.apiVersion}, name: "toy", parseOptions: ${parts.parseOptions},
  open: async (context) => { ${parts.before}
    return { sense: ${parts.sense}, rail: ${parts.rail}, unavailable: () => undefined, onAvailability: () => () => {}, close: ${parts.close} };
  },
};`;
};
