import { milliseconds } from "@busbar/contracts";
import { describe, expect, it } from "vitest";
import { parseBoardConfig } from "./config.ts";
import { sense, VirtualBoard } from "./testing/virtual-board.ts";

const boardWith = (wired: "direct" | "sensed") =>
  new VirtualBoard(
    parseBoardConfig(
      `board: panel
chassis:
  chassis.0:
    enable: { line: chassis-enable, active: high }
    powerGood: { line: chassis-good, active: high }
    standbyGood: { line: standby-good, active: high }
    faults: { overcurrent: { line: overcurrent, active: low } }
hosts:
  host.0:
    chassis: chassis.0
    powerButton: { line: power-button-0, active: low }
    resetButton: { line: reset-button-0, active: low }
    powerGood: { line: power-good-0, active: high }
    panel:
      wired: ${wired}
      powerButton: { line: panel-power-0, active: low }
      resetButton: { line: panel-reset-0, active: low }
    faults: { thermtrip: { line: thermtrip-0, active: low } }
    template: { count: 2 }
`,
      "board.yaml",
    ),
  );

/** A board whose rails are up. */
function ready(wired: "direct" | "sensed") {
  const board = boardWith(wired);
  const client = board.client();
  client.take("chassis-enable", { direction: "output", output: "latched", active: "high" });
  client.take("panel-power-1", { ...sense, active: "low" });
  client.raiseRails();
  return { board, client };
}

describe("a panel button on a line of its own", () => {
  it("is seen by the BMC only when it is sensed", () => {
    const { board, client } = ready("sensed");
    board.board.pressButton("panel-power-1", milliseconds(200));
    board.wait(500);
    expect(client.edges.map(({ line, level }) => [line, level])).toEqual([
      ["panel-power-1", 1],
      ["panel-power-1", 0],
    ]);
    expect(board.host("host.1").power).toBe("off");
  });

  it("is felt by the host too when it is wired directly", () => {
    const { board, client } = ready("direct");
    board.board.pressButton("panel-power-1", milliseconds(200));
    board.wait(500);
    expect(client.edges).toHaveLength(2);
    expect(board.host("host.1").power).toBe("on");
    expect(board.host("host.0").power).toBe("off");
    const by = board
      .entries()
      .flatMap((entry) => (entry.type === "edge" && entry.line !== "chassis-good" ? entry.by : []));
    expect(by.filter((author) => author === "panel")).toHaveLength(4);
    expect(board.board.hazards(true)).toMatchObject({ hazards: [], pending: [] });
  });
});

describe("standby-good", () => {
  it("is shown while the BMC has its supply, and a stuck line hides it", () => {
    const board = boardWith("sensed");
    expect(board.wire("standby-good")).toBe("high");
    board.board.setFault({ kind: "line-stuck", line: "standby-good", level: "low" });
    expect(board.wire("standby-good")).toBe("low");
    board.board.clearFaults("line-stuck", undefined);
    expect(board.wire("standby-good")).toBe("high");
    board.board.mains({ state: "lost", standby: "lost" });
    expect(board.wire("standby-good")).toBe("low");
  });
});

describe("a fault line", () => {
  it.each(["thermtrip-0", "thermtrip-1", "overcurrent"])("rests inactive and is raised by a stuck line: %s", (line) => {
    const board = boardWith("sensed");
    expect(board.wire(line)).toBe("high");
    board.board.setFault({ kind: "line-stuck", line, level: "low" });
    expect(board.wire(line)).toBe("low");
  });
});
