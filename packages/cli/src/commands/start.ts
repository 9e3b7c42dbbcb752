import type { Command } from "commander";
import type { Context } from "../context.ts";

/** Begins the work of a command that was understood. */
export type Start = (command: Command, work: (context: Context) => Promise<void>) => Promise<void>;
