import { componentName } from "@busbar/contracts";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { complaints, type Edit, edited, type Mistake, powerDomain, read } from "./testing/platform-text.ts";

const mistakes: readonly Mistake[] = [
  [
    "a template of too many",
    [["dependsOn:", "template: { count: 257 }\n    dependsOn:"]],
    [`19:24: domains.host.0.template.count: 257 is not allowed here; write a whole number from 1 to 256`],
  ],
  [
    "a template of none",
    [["dependsOn:", "template: { count: 0 }\n    dependsOn:"]],
    [`19:24: domains.host.0.template.count: 0 is not allowed here; write a whole number from 1 to 256`],
  ],
  [
    "a template of one and a half",
    [["dependsOn:", "template: { count: 1.5 }\n    dependsOn:"]],
    [`19:24: domains.host.0.template.count: 1.5 is not allowed here; write a whole number from 1 to 256`],
  ],
  [
    "a template whose copies would share a line",
    [["all: [rail-good] }", "all: [rail-good] }\n    template: { count: 2 }"]],
    [
      `14:32: domains.chassis.0.backend.gpio.enable: "rail-enable" would be the rail enable of every copy of chassis.0; give it a name that ends in -0, of which chassis.1 gets its own`,
      `15:24: domains.chassis.0.powerGood.all.0: "rail-good" would be the power-good of every copy of chassis.0; give it a name that ends in -0, of which chassis.1 gets its own`,
    ],
  ],
  [
    "a template that makes a domain which is there",
    [
      ["dependsOn:", "template: { count: 2 }\n    dependsOn:"],
      ["    rail-enable:", "    spare: { chip: main, input: true, active: low }\n    rail-enable:"],
      [
        "  bmc.0:",
        "  host.1:\n    backend: { gpio: { powerButton: bmc-reset } }\n    powerGood: { all: [spare] }\n  bmc.0:",
      ],
    ],
    [
      `23:3: domains.host.1: "host.1" is a copy that the template of host.0 makes already; remove it, or lower the count of host.0's template`,
    ],
  ],
  [
    "a template whose lines have another number than itself",
    [
      ["dependsOn:", "template: { count: 2 }\n    dependsOn:"],
      ["  host.0:", "  host.1:"],
      [", resetButton: reset-button-0", ""],
    ],
    [
      `17:37: domains.host.1.backend.gpio.powerButton: "power-button-0" would be the power button of every copy of host.1; give it a name that ends in -1, of which host.2 gets its own`,
      `18:24: domains.host.1.powerGood.all.0: "power-good-0" would be the power-good of every copy of host.1; give it a name that ends in -1, of which host.2 gets its own`,
    ],
  ],
  [
    "a template that reaches into the next one",
    [
      ["dependsOn:", "template: { count: 3 }\n    dependsOn:"],
      [
        "  lines:\n",
        "  lines:\n    button-2: { chip: main, output: momentary, active: low }\n    good-2: { chip: main, input: true, active: high }\n",
      ],
      [
        "  bmc.0:",
        "  host.2:\n    backend: { gpio: { powerButton: button-2 } }\n    powerGood: { all: [good-2] }\n    template: { count: 2 }\n  bmc.0:",
      ],
    ],
    [
      `24:3: domains.host.2: "host.2" is a copy that the template of host.0 makes already; remove it, or lower the count of host.0's template`,
    ],
  ],
  [
    "a template whose copy finds a line of the wrong sort",
    [
      ["dependsOn:", "template: { count: 2 }\n    dependsOn:"],
      ["    bmc-reset:", "    power-good-1:"],
    ],
    [
      `18:24: domains.host.0.powerGood.all.0: "power-good-1" is a momentary output, but a power-good has to be an input: an output shows what we drive, not what the board does; use another line, or define this one with input: true`,
    ],
  ],
  [
    "a template whose lines get too long a name",
    [
      ["dependsOn:", "template: { count: 11 }\n    dependsOn:"],
      ["    power-good-0:", "    power-good-of-the-front-tray--0:"],
      ["all: [power-good-0]", "all: [power-good-of-the-front-tray--0]"],
    ],
    [
      `19:5: domains.host.0.template: makes a line "power-good-of-the-front-tray--10", too long a name; shorten the name so that its copies have at most 31 characters`,
    ],
  ],
];

describe("a template is refused for", () => {
  test.each(mistakes)("%s", (_, edits, found) => {
    expect(complaints(edited(...edits))).toEqual(found);
  });
});

describe("a template", () => {
  const withTemplate = (count: number, ...more: readonly Edit[]) =>
    edited(["    dependsOn:", `    template: { count: ${count} }\n    dependsOn:`], ...more);

  it("makes hosts that differ in name and lines only, for any count", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), (count) => {
        const platform = read(withTemplate(count));
        const original = JSON.stringify(powerDomain(platform, "host.0"));
        const hosts = [...platform.domains.keys()].filter((name) => name.startsWith("host."));
        expect(hosts).toEqual(Array.from({ length: count }, (_, index) => `host.${index}`));
        for (const [index, name] of hosts.entries()) {
          const renamed = original.replaceAll(/-0"/g, `-${index}"`).replace("host.0", name);
          expect(powerDomain(platform, name)).toEqual(JSON.parse(renamed));
          for (const line of ["power-button", "reset-button", "power-good"]) {
            const { name: lineName, ...rest } = platform.lines.get(`${line}-${index}`) ?? { name: "none" };
            const { name: _, ...first } = platform.lines.get(`${line}-0`) ?? {};
            expect(lineName).toBe(`${line}-${index}`);
            expect(rest).toEqual(first);
          }
        }
        expect(platform.lines.size).toBe(6 + 3 * (count - 1));
        expect(platform.graph.closure([componentName("chassis.0")], "dependents")).toEqual(["chassis.0", ...hosts]);
      }),
      { numRuns: 20 },
    );
  });

  it("may begin at any number, so that each chassis has one for its hosts", () => {
    const platform = read(
      edited(
        ["  host.0:", "  host.4:"],
        ["    dependsOn:", "    template: { count: 4 }\n    dependsOn:"],
        [
          "  lines:\n",
          "  lines:\n    good-4: { chip: main, input: true, active: high }\n    button-4: { chip: main, output: momentary, active: low }\n",
        ],
        ["{ powerButton: power-button-0, resetButton: reset-button-0 }", "{ powerButton: button-4 }"],
        ["all: [power-good-0]", "all: [good-4]"],
      ),
    );
    const hosts = [...platform.domains.keys()].filter((name) => name.startsWith("host."));
    expect(hosts).toEqual(["host.4", "host.5", "host.6", "host.7"]);
    expect(powerDomain(platform, "host.7")).toMatchObject({
      backend: { powerButton: "button-7" },
      powerGood: { lines: ["good-7"] },
      dependsOn: ["chassis.0"],
    });
    expect(platform.lines.get("button-7")).toMatchObject({ output: "momentary", active: "low" });
  });

  it("leaves a line that the file defines for a copy as the file has it", () => {
    const platform = read(
      withTemplate(3, [
        "  lines:",
        "  lines:\n    power-good-1: { chip: main, input: true, active: low, debounce: 50ms }",
      ]),
    );
    expect(platform.lines.get("power-good-1")).toMatchObject({ active: "low", debounce: 50 });
    expect(platform.lines.get("power-good-2")).toMatchObject({ active: "high", debounce: 10 });
  });

  it("renames a force-off line as it does the buttons", () => {
    const platform = read(
      withTemplate(
        2,
        ["  lines:", "  lines:\n    force-off-0: { chip: main, output: momentary, active: high }"],
        ["reset-button-0 } }", "reset-button-0, forceOff: force-off-0 } }"],
      ),
    );
    expect(powerDomain(platform, "host.1").backend).toMatchObject({ forceOff: "force-off-1" });
    expect(platform.lines.get("force-off-1")).toMatchObject({ output: "momentary", active: "high" });
  });

  it("of one makes no copies, so that its lines may have any name", () => {
    const platform = read(edited(["all: [rail-good] }", "all: [rail-good] }\n    template: { count: 1 }"]));
    expect([...platform.domains.keys()]).toEqual(["chassis.0", "host.0", "bmc.0"]);
  });

  it("changes no -0 but the last, and no -10", () => {
    const platform = read(
      withTemplate(2, ["    power-good-0:", "    tray-0-good-0:"], ["all: [power-good-0]", "all: [tray-0-good-0]"]),
    );
    expect(powerDomain(platform, "host.1").powerGood.lines).toEqual(["tray-0-good-1"]);
    const tenth = withTemplate(2, ["    power-good-0:", "    good-10:"], ["all: [power-good-0]", "all: [good-10]"]);
    expect(() => read(tenth)).toThrow('"good-10" would be the power-good of every copy of host.0');
  });
});
