import { join } from "node:path";

/** A process of the bench. */
export type ProgramName = "measure" | "echo" | "flood" | "state-change" | "state-server";

export const programPath = (folder: string, name: ProgramName): string => join(folder, `${name}.mjs`);
