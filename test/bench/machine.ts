import { cpus } from "node:os";

const lookMs = 1_000;

/** What the figures are taken on, and what else it does: the first thing to look at when they surprise. */
export async function describeMachine(): Promise<string> {
  const before = ticks();
  await new Promise((resolve) => setTimeout(resolve, lookMs));
  const after = ticks();
  const busy = (after.busy - before.busy) / Math.max(1, after.all - before.all);
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  return `Node ${process.versions.node}, ${processors.length} × ${model}, ${(busy * 100).toFixed(0)} % busy with other work before the run`;
}

function ticks(): { readonly busy: number; readonly all: number } {
  const times = cpus().map(({ times }) => times);
  const idle = times.reduce((sum, each) => sum + each.idle, 0);
  const all = times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, idle);
  return { busy: all - idle, all };
}
