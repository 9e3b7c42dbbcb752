import { budgets } from "./budgets.ts";
import { alternate, type Round } from "./rounds.ts";
import { decodeTask, type Task } from "./task.ts";

/** Measures one budget in a process of its own: bundled as the daemons are, and nothing else on its thread. */
async function measure({ budget: index, setting, rounds, samples }: Task): Promise<readonly Round[]> {
  const budget = budgets[index];
  if (budget === undefined) throw new Error(`there is no budget ${index}`);
  const measurement = await budget.open(setting);
  try {
    return await alternate(measurement, rounds, samples);
  } finally {
    await measurement.close();
  }
}

process.on("disconnect", () => process.exit());
process.once("message", () => {
  measure(decodeTask(process.argv[2] ?? "")).then(
    (rounds) => process.send?.({ rounds }),
    (thrown) => process.send?.({ failed: thrown instanceof Error ? thrown.message : String(thrown) }),
  );
});
process.send?.("ready");
