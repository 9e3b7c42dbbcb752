import { describe, expect, it, test } from "vitest";
import { extraLines, extraUses, toHost } from "./testing/extra-lines.ts";
import { complaints, type Edit, edited, type Mistake, powerDomain, read } from "./testing/platform-text.ts";

const mistakes: readonly Mistake[] = [
  [
    "a standby-good of no lines",
    [extraLines, toHost("    standbyGood: { all: [] }")],
    [`26:25: domains.host.0.standbyGood.all: [] is not allowed here; name at least one line`],
  ],
  [
    "a standby-good that is an output",
    [extraLines, toHost("    standbyGood: { all: [bmc-reset] }")],
    [
      `26:26: domains.host.0.standbyGood.all.0: "bmc-reset" is a momentary output, but a standby-good has to be an input: an output shows what we drive, not what the board does; use another line, or define this one with input: true`,
    ],
  ],
  [
    "a panel button of no known mode",
    [extraLines, toHost("    inputs: { powerButton: { line: panel-power-0, mode: ignore } }")],
    [
      `26:57: domains.host.0.inputs.powerButton.mode: "ignore" is not allowed here; write one of pass-through, act, mask`,
    ],
  ],
  [
    "a panel button that is the button itself",
    [extraLines, toHost("    inputs: { powerButton: { line: power-button-0, mode: act } }")],
    [
      `26:36: domains.host.0.inputs.powerButton.line: "power-button-0" is a momentary output, but a power button of the panel has to be an input: an output shows what we drive, not what the board does; use another line, or define this one with input: true`,
    ],
  ],
  [
    "a panel button that nothing can act for",
    [
      extraLines,
      [", resetButton: reset-button-0", ""],
      toHost("    inputs: { resetButton: { line: panel-reset-0, mode: act } }"),
    ],
    [
      `26:57: domains.host.0.inputs.resetButton.mode: act, but the BMC has no resetButton to press for it; name the resetButton that the BMC is to press in backend.gpio, or write mode: pass-through or mask`,
    ],
  ],
  [
    "panel buttons of a rail",
    [
      extraLines,
      ["all: [rail-good] }", "all: [rail-good] }\n    inputs: { powerButton: { line: panel-power-0, mode: mask } }"],
    ],
    [
      `22:5: domains.chassis.0.inputs: are buttons of a domain that enable switches; give them to the host that they serve`,
    ],
  ],
  [
    "one line for two faults",
    [extraLines, toHost("    faults: { thermtrip: thermtrip-0, overcurrent: thermtrip-0 }")],
    [
      `26:52: domains.host.0.faults.overcurrent: "thermtrip-0" as overcurrent line of host.0 already serves as thermtrip line of host.0; give each purpose a line of its own`,
    ],
  ],
  [
    "a fault without a plain name",
    [extraLines, toHost("    faults: { THERMTRIP: thermtrip-0 }")],
    [
      `26:15: domains.host.0.faults.THERMTRIP: "THERMTRIP" can't be a name here; write a name of lower-case letters, digits and dashes`,
    ],
  ],
  [
    "a BMC with fault lines",
    [extraLines, ["system: systemd }", "system: systemd }\n    faults: { thermtrip: thermtrip-0 }"]],
    [`29:5: domains.bmc.0.faults: "faults" is for what is switched; a BMC is only reset; remove it`],
  ],
];

describe("an extra line is refused for", () => {
  test.each(mistakes)("%s", (_, edits, found) => {
    expect(complaints(edited(...edits))).toEqual(found);
  });
});

describe("the extra lines of a host", () => {
  const all: readonly Edit[] = [extraLines, toHost(extraUses)];

  it("are in its domain, each by its purpose", () => {
    expect(powerDomain(read(edited(...all)), "host.0")).toMatchObject({
      standbyGood: ["standby-good-0"],
      inputs: {
        powerButton: { line: "panel-power-0", mode: "act" },
        resetButton: { line: "panel-reset-0", mode: "pass-through" },
      },
      faults: { thermtrip: "thermtrip-0" },
    });
  });

  it("are absent where the file has none", () => {
    const host = powerDomain(read(edited()), "host.0");
    for (const key of ["standbyGood", "inputs", "faults"]) expect(host).not.toHaveProperty(key);
    expect(host.sequence).toEqual({ onDelay: 0, offDelay: 0 });
  });

  it("need no button to press for one that the hardware acts for, or nobody", () => {
    const keys = "    inputs: { resetButton: { line: panel-reset-0, mode: mask } }";
    const platform = read(edited(extraLines, [", resetButton: reset-button-0", ""], toHost(keys)));
    expect(powerDomain(platform, "host.0").inputs).toEqual({ resetButton: { line: "panel-reset-0", mode: "mask" } });
  });

  it("get the copy's number in copies made by template, as all lines do", () => {
    const platform = read(edited(extraLines, toHost(`${extraUses}\n    template: { count: 3 }`)));
    const renamed = JSON.stringify(powerDomain(platform, "host.0"))
      .replaceAll(/-0"/g, '-2"')
      .replace("host.0", "host.2");
    expect(powerDomain(platform, "host.2")).toEqual(JSON.parse(renamed));
    for (const line of ["standby-good", "panel-power", "panel-reset", "thermtrip", "aux-enable", "aux-good"]) {
      const { name: _, ...first } = platform.lines.get(`${line}-0`) ?? {};
      expect(platform.lines.get(`${line}-2`)).toEqual({ name: `${line}-2`, ...first });
    }
  });

  it("need a name that ends in -0 where there are copies", () => {
    const keys = `    sequence: { beforeOn: [{ set: rail-enable, to: active }] }\n    template: { count: 2 }`;
    expect(complaints(edited(extraLines, toHost(keys)))).toEqual([
      `26:35: domains.host.0.sequence.beforeOn.0.set: "rail-enable" would be the sequence output of every copy of host.0; give it a name that ends in -0, of which host.1 gets its own`,
    ]);
  });
});
