/**
 * Who may import whom (docs/contributing.md has the picture). Each rule is proved to bite by
 * test/contract/layers.test.ts. Tests beside the code obey the same rules, unless a rule says otherwise.
 */

const test = "\\.test\\.tsx?$|/testing/";
/** A third-party package, found or not. */
const library = (...names) => [`node_modules/(${names.join("|")})/`, `^(${names.join("|")})(/|$)`];
const packages = (...names) => `^packages/(${names.join("|")})/`;
const services = (...names) => `^services/(${names.join("|")})/`;

/** What a package may import of ours; itself always. Whoever isn't listed may import every package. */
const mayImport = {
  contracts: [],
  bus: ["contracts"],
  daemon: ["contracts", "bus"],
  platform: ["contracts"],
  hardware: ["contracts"],
  pmbus: ["contracts", "hardware"],
  backend: ["contracts", "hardware", "pmbus", "platform"],
  redfish: ["contracts"],
  simulator: ["contracts", "hardware", "pmbus", "platform", "bus"],
  cli: ["contracts", "bus", "hardware", "platform"],
};

const layers = Object.entries(mayImport).map(([name, allowed]) => ({
  name: `layer-${name}`,
  comment: `${name} may import of ours: ${allowed.join(", ") || "nothing"}.`,
  severity: "error",
  from: { path: packages(name) },
  to: { path: "^packages/", pathNot: packages(name, ...allowed) },
}));

module.exports = {
  forbidden: [
    ...layers,
    {
      name: "bus-in-simulator-for-stand-ins-only",
      comment: "The board knows nothing of the bus; only what stands in for other daemons speaks on it.",
      severity: "error",
      from: { path: packages("simulator"), pathNot: ["^packages/simulator/src/stand-ins/"] },
      to: { path: packages("bus") },
    },
    {
      name: "no-simulator-in-production",
      comment: "What ships for a real board contains no simulated one.",
      severity: "error",
      from: { path: "^(packages|services)/", pathNot: [packages("simulator", "launcher"), test] },
      to: { path: packages("simulator", "launcher") },
    },
    {
      name: "no-package-knows-a-service",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^services/" },
    },
    {
      name: "services-meet-on-the-bus",
      comment: "A service never imports another one.",
      severity: "error",
      from: { path: "^services/([^/]+)/" },
      to: { path: "^services/", pathNot: "^services/$1/" },
    },
    {
      name: "test-uses-packages-only",
      comment: "test/ crosses processes; what is inside a service is tested beside its code.",
      severity: "error",
      from: { path: "^test/" },
      to: { path: "^services/" },
    },
    {
      name: "nothing-imports-test",
      severity: "error",
      from: { path: "^(packages|services)/" },
      to: { path: "^test/" },
    },
    {
      name: "production-imports-no-tests",
      severity: "error",
      from: { pathNot: [test, "^test/"] },
      to: { path: "\\.test\\.tsx?$" },
    },
    {
      name: "only-the-index",
      comment: "A package's index (of the whole or of a part) is its contract; its other files are its own business.",
      severity: "error",
      from: { path: "^(packages|services)/([^/]+)/|^test/" },
      to: {
        path: "^packages/",
        pathNot: ["^$1/$2/", "^packages/[^/]+/src/index\\.ts$", "^packages/[^/]+/src/[^/]+/index\\.ts$"],
      },
    },
    {
      name: "packages-by-name",
      comment: "By its name a package shows what it exports; a path into it shows everything.",
      severity: "error",
      from: { path: "^(packages|services)/([^/]+)/|^test/" },
      to: { path: "^packages/", pathNot: ["^$1/$2/"], dependencyTypes: ["local"] },
    },
    {
      name: "only-hardware-touches-hardware",
      severity: "error",
      from: { pathNot: packages("hardware") },
      to: { path: library("koffi", "i2c-bus", "node-libgpiod", "epoll") },
    },
    {
      name: "only-bus-speaks-nats",
      severity: "error",
      from: { pathNot: packages("bus") },
      to: { path: library("nats", "@nats-io/[^/]+", "nats\\.ws") },
    },
    {
      name: "only-stores-touch-a-database",
      severity: "error",
      from: { pathNot: ["^services/[^/]+/src/store/", packages("fleet"), "^test/"] },
      to: { path: library("better-sqlite3", "pg", "kysely") },
    },
    {
      name: "bmc-daemons-stay-small",
      comment: "Memory of a BMC is short: no HTTP framework, no HTTP client, zod/mini instead of zod.",
      severity: "error",
      from: { path: services("powermgr", "statemgr"), pathNot: test },
      to: { path: [...library("fastify", "undici", "express"), "node_modules/zod/(?!mini/)"], reachable: true },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "resolvable",
      comment: "An import that leads nowhere is an import that no rule looked at.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: library("koffi", "i2c-bus", "node-libgpiod", "epoll") },
    },
  ],
  options: {
    doNotFollow: { path: ["node_modules"] },
    exclude: { path: ["(^|/)dist/"] },
    moduleSystems: ["es6", "cjs"],
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".mts", ".js", ".mjs", ".cjs", ".d.ts", ".json"],
    },
  },
};
