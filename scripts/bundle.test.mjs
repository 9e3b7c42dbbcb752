import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { bundle, programs } from "./bundle.mjs";
import { root } from "./repository.mjs";

// BUDGETS.md, 11: what a BMC has to load is bounded, and so is what may be in it.
const budgetBytes = 850_000;
const tooLarge = /node_modules\/(tsx|fastify|undici|express|zod\/v4\/classic|pg|kysely)\/|contracts\/src\/asyncapi\//;

/** @type {import("esbuild").Metafile} */
let meta;
beforeAll(async () => {
  meta = await bundle();
});

test.each(Object.entries(programs))("%s begins at %s", (_name, entry) => {
  expect(existsSync(join(root, entry))).toBe(true);
});

test.each(["powermgr", "statemgr"])("%s fits a BMC", (name) => {
  const output = meta.outputs[`dist/${name}.mjs`];
  expect(output?.bytes).toBeLessThan(budgetBytes);
  const inside = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  expect(inside.map(([file]) => file).filter((file) => tooLarge.test(file))).toEqual([]);
});
