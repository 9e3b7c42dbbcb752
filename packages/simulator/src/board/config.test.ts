import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lineDefinitions, loadBoardConfig, parseBoardConfig } from "./config.ts";

const shipped = join(import.meta.dirname, "../../../../platforms/simulated/board.yaml");

const small = `
board: small
chassis:
  chassis.0:
    enable: { line: chassis-enable, active: high }
    powerGood: { line: chassis-good, active: high }
hosts:
  host.0:
    chassis: chassis.0
    powerButton: { line: power-button-0, active: low }
    powerGood: { line: power-good-0, active: high }
`;
const problemsOf = (text: string): string => {
  try {
    parseBoardConfig(text, "board.yaml");
  } catch (thrown) {
    expect(thrown).toMatchObject({ name: "BusbarError", code: "INVALID_ARGUMENT", component: "board.yaml" });
    return thrown instanceof Error ? thrown.message : "";
  }
  return "";
};

describe("a board file", () => {
  it("that we ship has the lines of DESIGN §7", () => {
    const lines = lineDefinitions(loadBoardConfig(shipped)).map(
      ({ name, active, idle }) => `${name} ${active} ${idle}`,
    );
    expect(lines.sort()).toEqual([
      "bmc-reset-0 low high",
      "chassis-enable high low",
      "chassis-good high low",
      "power-button-0 low high",
      "power-button-1 low high",
      "power-good-0 high low",
      "power-good-1 high low",
      "reset-button-0 low high",
      "reset-button-1 low high",
    ]);
  });

  it("writes out the defaults that it mentions", () => {
    const { hosts, chassis } = loadBoardConfig(shipped);
    const plain = parseBoardConfig(small, "board.yaml");
    expect(hosts[0]?.model).toEqual(plain.hosts[0]?.model);
    expect(hosts[0]?.powerButton).toEqual(plain.hosts[0]?.powerButton);
    expect(chassis).toEqual(plain.chassis);
  });

  it("describes 8 hosts on 2 chassis in two templates", () => {
    const config = parseBoardConfig(
      `
board: large
chassis:
  chassis.0:
    template: { count: 2 }
    enable: { line: chassis-enable-0, active: high }
    powerGood: { line: chassis-good-0, active: high }
hosts:
  host.0:
    template: { count: 4 }
    chassis: chassis.0
    powerButton: { line: power-button-0, active: low }
    powerGood: { line: power-good-0, active: high }
  host.4:
    template: { count: 4 }
    chassis: chassis.1
    powerButton: { line: power-button-4, active: low }
    powerGood: { line: power-good-4, active: high }
`,
      "board.yaml",
    );
    expect(
      config.hosts.map(({ component, chassis, powerGood }) => `${component} ${chassis} ${powerGood.line}`),
    ).toEqual([
      "host.0 chassis.0 power-good-0",
      "host.1 chassis.0 power-good-1",
      "host.2 chassis.0 power-good-2",
      "host.3 chassis.0 power-good-3",
      "host.4 chassis.1 power-good-4",
      "host.5 chassis.1 power-good-5",
      "host.6 chassis.1 power-good-6",
      "host.7 chassis.1 power-good-7",
    ]);
  });

  it("reads durations with their units", () => {
    const model = "\n    model: { powerGoodRise: 0ms, boot: 1.5s, gracefulShutdown: 2m }";
    expect(parseBoardConfig(small + model.slice(1), "board.yaml").hosts[0]?.model).toMatchObject({
      powerGoodRise: 0,
      boot: 1_500,
      gracefulShutdown: 120_000,
    });
  });

  it.each([
    ["no YAML", "board: [", "board.yaml: is no YAML"],
    ["empty", "", "board.yaml: null is of the wrong kind"],
    [
      "a duration without unit",
      small.replace("chassis: chassis.0", "chassis: chassis.0\n    model: { boot: 2 }"),
      "board.yaml: hosts.host.0.model.boot: 2 is no duration; write a number and a unit, for instance 300ms or 3.5s",
    ],
    [
      "a duration with a wrong unit",
      small.replace("chassis: chassis.0", "chassis: chassis.0\n    model: { boot: 2 hours }"),
      'board.yaml: hosts.host.0.model.boot: "2 hours" is no duration; write a number and a unit, for instance 300ms or 3.5s',
    ],
    [
      "no polarity",
      small.replace("power-button-0, active: low", "power-button-0"),
      "board.yaml: hosts.host.0.powerButton.active: is missing; write high or low (the wire level that means active)",
    ],
    [
      "a key that is misspelt",
      small.replace("powerGood: { line: power-good", "powergood: { line: power-good"),
      "board.yaml: hosts.host.0.powergood: is not known here; remove it or correct its name",
    ],
    [
      "a component that is none",
      small.replace("host.0:", "hosst.0:"),
      'board.yaml: hosts: "hosst.0" is no host; write host.<number>',
    ],
    [
      "a chassis that is not there",
      small.replace("chassis: chassis.0", "chassis: chassis.3"),
      'board.yaml: hosts.host.0.chassis: "chassis.3" is not on the board; name one of chassis.0',
    ],
    [
      "one line for two",
      small.replace("power-good-0", "chassis-good"),
      'board.yaml: "chassis-good" is there twice; give each use its own line (with template, end every line\'s name in -<number>)',
    ],
    [
      "copies that would share a line",
      small
        .replace("chassis: chassis.0", "chassis: chassis.0\n    template: { count: 2 }")
        .replace("power-good-0", "power-good"),
      'board.yaml: "power-good" is there twice',
    ],
    [
      "a count of nothing",
      small.replace("chassis: chassis.0", "chassis: chassis.0\n    template: { count: 0 }"),
      "board.yaml: hosts.host.0.template.count: 0 is none; write 1 or more",
    ],
    [
      "a hold no longer than a press",
      small.replace("chassis: chassis.0", "chassis: chassis.0\n    model: { forceThreshold: 10ms }"),
      "board.yaml: hosts.host.0.model.forceThreshold: 10ms does not exceed minimumPulse 16ms",
    ],
    [
      "a limit that forbids every hold",
      small.replace("power-button-0, active: low", "power-button-0, active: low, assertLimit: 2s"),
      "board.yaml: hosts.host.0.powerButton.assertLimit: 2000ms does not exceed forceThreshold 3500ms",
    ],
  ])("with %s is refused with file, place, value and fix", (_, text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });

  it("tells all its problems at once", () => {
    const bad = small
      .replaceAll("active: low", "active: down")
      .replace("board: small", "board: small\nonDisconnect: panic");
    expect(problemsOf(bad).split("\n")).toHaveLength(2);
  });

  it("that can't be read is refused by its name", () => {
    const directory = mkdtempSync(join(tmpdir(), "busbar-"));
    try {
      const file = join(directory, "none.yaml");
      expect(() => loadBoardConfig(file)).toThrow(
        expect.objectContaining({ component: file, code: "INVALID_ARGUMENT" }),
      );
      writeFileSync(file, small);
      expect(loadBoardConfig(file).name).toBe("small");
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
