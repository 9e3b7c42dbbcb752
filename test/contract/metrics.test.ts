import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

// Names of figures, and the dashboard that is made of them.

const root = fileURLToPath(new URL("../../", import.meta.url));

type Kind = "counter" | "gauge" | "histogram";

const sources = ["packages", "services"]
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name, "src")))
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(
        (entry) =>
          entry.isFile() &&
          entry.name.endsWith(".ts") &&
          !/\.test\.ts$/.test(entry.name) &&
          !entry.parentPath.includes("testing"),
      )
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")),
  );

/** Every figure that is declared anywhere: its kind by its name. */
const declared = new Map<string, Kind>(
  sources.flatMap((text) =>
    [...text.matchAll(/\b(counter|gauge|histogram)\((?:\{\s*name:\s*)?"([a-z0-9_:]+)"/g)].map(
      ([, kind, name]) => [name ?? "", kind as Kind] as const,
    ),
  ),
);

/** https://prometheus.io/docs/practices/naming/: what is wrong with a name. */
function flaw(name: string, kind: Kind): string | undefined {
  if (!/^busbar_[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(name)) return "isn't busbar_ and words";
  if (/_(?:ms|msec|millis|milliseconds|us|ns|minutes|hours|kb|mb|kilobytes|percent|celsius_?f)(?:_|$)/.test(name)) {
    return "isn't in a base unit";
  }
  if ((kind === "counter") !== name.endsWith("_total")) return "only counters end in _total, and all of them";
  if (kind === "histogram" && !/_(?:seconds|bytes|watts|volts|amperes|celsius|ratio)$/.test(name)) {
    return "names no unit";
  }
  return /_(?:bucket|sum|count)$/.test(name) ? "ends like a part of a histogram" : undefined;
}

describe("figures", () => {
  test("are named as Prometheus asks", () => {
    const ours = [...declared].filter(([name]) => !/^(?:process|nodejs)_/.test(name));
    expect(ours.length).toBeGreaterThan(15);
    const flaws = ours.flatMap(([name, kind]) => {
      const found = flaw(name, kind);
      return found === undefined ? [] : [`${name} ${found}`];
    });
    expect(flaws).toEqual([]);
  });

  test.each([
    ["busbar_press_ms", "histogram"],
    ["busbar_presses", "counter"],
    ["busbar_queue_total", "gauge"],
    ["busbar_sync_duration", "histogram"],
    ["Busbar_x_total", "counter"],
    ["busbar_acts_count", "gauge"],
  ] as const)("the rule sees what is wrong with %s", (name, kind) => {
    expect(flaw(name, kind)).toBeDefined();
  });
});

interface Target {
  readonly refId?: string;
  readonly expr?: string;
  readonly datasource?: { readonly uid?: string };
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
}

const dashboard = JSON.parse(readFileSync(join(root, "platforms/common/dashboard/busbar.json"), "utf8")) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== "row");
const targets = panels.flatMap((panel) => (panel.targets ?? []).map((target) => ({ panel: panel.title, ...target })));

/** Names of figures in a PromQL expression, those of histograms without their suffix. */
const namesIn = (expr: string): string[] =>
  [...expr.matchAll(/\b(?:busbar|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => {
    const base = name.replace(/_(?:bucket|sum|count)$/, "");
    return declared.get(base) === "histogram" ? base : name;
  });

const isBalanced = (expr: string): boolean => {
  const open: string[] = [];
  const closes: Readonly<Record<string, string>> = { ")": "(", "}": "{", "]": "[" };
  for (const sign of expr.replace(/"[^"]*"/g, "")) {
    if ("({[".includes(sign)) open.push(sign);
    else if (sign in closes && open.pop() !== closes[sign]) return false;
  }
  return open.length === 0;
};

describe("the dashboard", () => {
  test("is one that Grafana 10 imports, with its data source to choose", () => {
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(38);
    expect(dashboard.uid).not.toBe("");
    expect(dashboard.templating.list).toContainEqual(
      expect.objectContaining({ name: "datasource", type: "datasource" }),
    );
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { gridPos } of dashboard.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });

  test("has no panels on top of each other", () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)}:${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  test("asks for something in every panel, of the chosen data source", () => {
    expect(panels.length).toBeGreaterThan(15);
    for (const { title, targets: asked = [] } of panels) expect(asked.length, title).toBeGreaterThan(0);
    for (const { panel, datasource, refId } of targets) {
      expect(datasource?.uid, panel).toMatch(/^\$\{datasource\}$/);
      expect(refId, panel).toMatch(/^[A-Z]$/);
    }
  });

  test("knows every figure that it asks for", () => {
    for (const { panel, expr = "" } of targets) {
      const names = namesIn(expr);
      expect(names.length, `${panel}: ${expr}`).toBeGreaterThan(0);
      for (const name of names) expect(declared.has(name), `${panel}: ${name}`).toBe(true);
      expect(isBalanced(expr), `${panel}: ${expr}`).toBe(true);
    }
  });

  test("takes the rate of counters and histograms, and of nothing else", () => {
    for (const { panel, expr = "" } of targets) {
      const isRate = /\b(?:rate|increase)\(/.test(expr);
      const isCounted = namesIn(expr).every((name) => declared.get(name) !== "gauge" || name.endsWith("_total"));
      expect(isRate, `${panel}: ${expr}`).toBe(isCounted);
    }
  });

  test("shows every figure that is about power", () => {
    const shown = new Set(targets.flatMap(({ expr = "" }) => namesIn(expr)));
    const missing = [...declared.keys()].filter(
      (name) => /^busbar_(?:power|line|emergenc)/.test(name) && !shown.has(name),
    );
    expect(missing).toEqual([]);
  });
});
