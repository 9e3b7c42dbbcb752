import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/**
 * unit: beside the code. contract: the rules of the house (layers, wire format). e2e: real processes on a real
 * broker. system: what takes long, run by `npm run test:system` only.
 */
const projects = {
  unit: ["packages/**/*.test.{ts,tsx}", "services/**/*.test.ts", "test/plugins/**/*.test.ts", "scripts/*.test.mjs"],
  contract: ["test/contract/**/*.test.ts"],
  e2e: ["test/e2e/**/*.test.ts"],
  system: ["test/system/**/*.test.ts"],
};

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: Math.min(2, availableParallelism()),
    globalSetup: ["scripts/test-environment.mjs"],
    projects: Object.entries(projects).map(([name, include]) => ({
      extends: true,
      test: {
        name,
        include,
        exclude: ["**/node_modules/**", "**/dist/**"],
        // Machines that run tests are small and shared: a bound is there to end a hang, not to measure.
        testTimeout: 60_000,
        hookTimeout: 60_000,
      },
    })),
  },
});
