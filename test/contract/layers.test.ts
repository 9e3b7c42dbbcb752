import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

// The layer check has failed silently before: under a TypeScript without its API it finds no import in any .ts
// file, and so no violation either. So every rule is broken once, in a small tree of our shape.

const root = fileURLToPath(new URL("../../", import.meta.url));
const ownPackages = [
  ...["contracts", "bus", "daemon", "platform", "hardware", "pmbus", "backend", "redfish"],
  ...["simulator", "launcher", "fleet", "cli"],
];
const libraries = ["nats", "koffi", "i2c-bus", "better-sqlite3", "pg", "fastify", "undici", "zod"];

/** [the rule that must object, the file that breaks it, what it contains] */
const forbidden: [rule: string, file: string, content: string][] = [
  ["layer-contracts", "packages/contracts/src/a.ts", 'import type { x } from "@busbar/bus"; export type Y = x;'],
  ["layer-bus", "packages/bus/src/a.ts", 'import "@busbar/daemon";'],
  ["layer-daemon", "packages/daemon/src/a.ts", 'import "@busbar/platform";'],
  ["layer-platform", "packages/platform/src/a.ts", 'import "@busbar/hardware";'],
  ["layer-hardware", "packages/hardware/src/a.ts", 'import type { x } from "@busbar/bus"; export type Y = x;'],
  ["layer-pmbus", "packages/pmbus/src/a.ts", 'import "@busbar/bus";'],
  ["layer-backend", "packages/backend/src/a.ts", 'import "@busbar/daemon";'],
  ["layer-redfish", "packages/redfish/src/a.ts", 'import "@busbar/bus";'],
  ["layer-simulator", "packages/simulator/src/a.ts", 'import "@busbar/daemon";'],
  ["layer-cli", "packages/cli/src/a.ts", 'import "@busbar/daemon";'],
  ["bus-in-simulator-for-stand-ins-only", "packages/simulator/src/board/a.ts", 'import "@busbar/bus";'],
  ["no-simulator-in-production", "services/powermgr/src/simulated.ts", 'import "@busbar/simulator";'],
  ["no-package-knows-a-service", "packages/launcher/src/a.ts", 'import "../../../services/powermgr/src/main.ts";'],
  ["services-meet-on-the-bus", "services/statemgr/src/a.ts", 'import "../../powermgr/src/main.ts";'],
  ["services-meet-on-the-bus", "services/statemgr/src/a.test.ts", 'import "../../powermgr/src/main.ts";'],
  ["test-uses-packages-only", "test/e2e/a.test.ts", 'import "../../services/powermgr/src/main.ts";'],
  ["nothing-imports-test", "packages/launcher/src/b.ts", 'import "../../../test/e2e/harness.ts";'],
  ["production-imports-no-tests", "services/powermgr/src/c.ts", 'import "./main.test.ts";'],
  ["only-the-index", "services/powermgr/src/d.ts", 'import "../../../packages/contracts/src/inside.ts";'],
  ["only-the-index", "packages/bus/src/b.ts", 'import "../../contracts/src/inside.ts";'],
  ["only-the-index", "test/e2e/b.test.ts", 'import "../../packages/contracts/src/inside.ts";'],
  ["packages-by-name", "services/powermgr/src/l.ts", 'import "../../../packages/contracts/src/index.ts";'],
  ["packages-by-name", "test/e2e/e.test.ts", 'import "../../packages/simulator/src/stand-ins/index.ts";'],
  ["resolvable", "services/powermgr/src/e.ts", 'import "@busbar/contracts/src/inside.ts";'],
  ["only-hardware-touches-hardware", "packages/backend/src/b.ts", 'import "i2c-bus";'],
  ["only-hardware-touches-hardware", "services/powermgr/src/f.ts", 'void import("koffi");'],
  ["only-hardware-touches-hardware", "services/powermgr/src/g.ts", 'import "node-libgpiod";'],
  ["only-bus-speaks-nats", "services/powermgr/src/h.ts", 'import type { x } from "nats"; export type Y = x;'],
  ["only-bus-speaks-nats", "test/e2e/c.test.ts", 'import "nats";'],
  ["only-stores-touch-a-database", "services/statemgr/src/b.ts", 'import "better-sqlite3";'],
  ["only-stores-touch-a-database", "packages/daemon/src/b.ts", 'import "pg";'],
  ["bmc-daemons-stay-small", "services/powermgr/src/i.ts", 'import "undici";'],
  ["bmc-daemons-stay-small", "services/statemgr/src/c.ts", 'import { z } from "zod"; export default z;'],
  ["bmc-daemons-stay-small", "services/statemgr/src/d.ts", 'import "./through.ts";'],
  ["no-cycles", "packages/platform/src/b.ts", 'import type { x } from "./c.ts"; export type Y = x;'],
];

/** [a file, what it may contain] */
const allowed: [file: string, content: string][] = [
  ["packages/daemon/src/c.ts", 'import "@busbar/bus"; import "@busbar/contracts";'],
  ["packages/simulator/src/stand-ins/a.ts", 'import "@busbar/bus";'],
  ["packages/simulator/src/board/b.ts", 'import "@busbar/hardware"; import "@busbar/platform";'],
  ["packages/launcher/src/c.ts", 'import "@busbar/simulator"; import "@busbar/bus";'],
  ["packages/hardware/src/b.ts", 'import "i2c-bus"; void import("node-libgpiod");'],
  ["packages/bus/src/c.ts", 'import "nats"; import "./index.ts";'],
  ["packages/fleet/src/a.ts", 'import "pg";'],
  ["services/powermgr/src/j.ts", 'import "@busbar/hardware"; import "zod/mini"; import "./main.ts";'],
  ["services/powermgr/src/k.test.ts", 'import "@busbar/simulator"; import "./main.ts"; import "undici";'],
  ["services/statemgr/src/store/a.ts", 'import "better-sqlite3";'],
  ["packages/launcher/src/d.ts", 'import "@busbar/simulator/stand-ins";'],
  ["test/e2e/d.test.ts", 'import "@busbar/launcher"; import "better-sqlite3"; import "./harness.ts";'],
];

/** What the planted files need to stand on. */
const ground: [file: string, content: string][] = [
  ...ownPackages.map((name): [string, string] => [`packages/${name}/src/index.ts`, "export type x = 1;"]),
  ["packages/contracts/src/inside.ts", "export {};"],
  ["packages/simulator/src/stand-ins/index.ts", "export {};"],
  ["packages/platform/src/c.ts", 'import type { Y } from "./b.ts"; export type x = Y;'],
  ["services/powermgr/src/main.ts", "export {};"],
  ["services/powermgr/src/main.test.ts", "export {};"],
  ["services/statemgr/src/through.ts", 'import "./store/deeper.ts";'],
  ["services/statemgr/src/store/deeper.ts", 'import "fastify";'],
  ["test/e2e/harness.ts", "export {};"],
];

const tree = mkdtempSync(join(tmpdir(), "busbar-layers-"));
let violations: { rule: string; file: string }[] = [];

beforeAll(() => {
  for (const name of [".dependency-cruiser.cjs", "tsconfig.base.json"]) cpSync(join(root, name), join(tree, name));
  for (const [file, content] of ground) plant(file, content);
  for (const [, file, content] of forbidden) plant(file, content);
  for (const [file, content] of allowed) plant(file, content);
  for (const name of ownPackages) {
    plant(
      `packages/${name}/package.json`,
      JSON.stringify({
        name: `@busbar/${name}`,
        exports: { ".": "./src/index.ts", "./stand-ins": "./src/stand-ins/index.ts" },
      }),
    );
    mkdirSync(join(tree, "node_modules/@busbar"), { recursive: true });
    symlinkSync(join(tree, "packages", name), join(tree, "node_modules/@busbar", name));
  }
  for (const name of libraries) {
    plant(`node_modules/${name}/package.json`, JSON.stringify({ name, main: "index.js" }));
    plant(`node_modules/${name}/index.js`, "exports.z = 1;");
    plant(`node_modules/${name}/mini/index.js`, "exports.z = 1;");
  }
  violations = cruise();
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

test.each(forbidden)("%s objects to %s", (rule, file) => {
  expect(violations.filter((violation) => violation.file === file).map((violation) => violation.rule)).toContain(rule);
});

test.each(allowed)("nothing objects to %s", (file) => {
  expect(violations.filter((violation) => violation.file === file)).toEqual([]);
});

test("every rule is broken by one of these", () => {
  const { forbidden: rules } = createRequire(import.meta.url)(join(root, ".dependency-cruiser.cjs"));
  expect(new Set(forbidden.map(([rule]) => rule))).toEqual(new Set(rules.map(({ name }: { name: string }) => name)));
});

function plant(file: string, content: string): void {
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  writeFileSync(join(tree, file), content);
}

function cruise(): typeof violations {
  const program = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const options = ["--config", ".dependency-cruiser.cjs", "--output-type", "json", "packages", "services", "test"];
  const { stdout, stderr } = spawnSync(process.execPath, [program, ...options], {
    cwd: tree,
    encoding: "utf8",
    maxBuffer: 64_000_000,
  });
  if (stdout === "") throw new Error(stderr);
  const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string }; from: string }[] } };
  return summary.violations.map(({ rule, from }) => ({ rule: rule.name, file: from }));
}
