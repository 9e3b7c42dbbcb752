import { componentName, duration } from "@busbar/contracts";
import { describe, expect, it, test } from "vitest";
import { operationTime } from "./operation-time.ts";
import { complaints, type Edit, edited, type Mistake, powerDomain, read } from "./testing/platform-text.ts";

const asModule = (rest: string): Edit => ["gpio: { enable: rail-enable }", `module: "@acme/pdu", ${rest}`];
const ownSense: Edit = ["    powerGood: { all: [rail-good] }\n", ""];

const mistakes: readonly Mistake[] = [
  [
    "a module that does not say how it switches",
    [asModule("options: { outlet: 1 }"), ownSense],
    [
      "14:5: domains.chassis.0.backend: does not say how the module switches; write control: rail for what is switched by level, control: buttons for what is pressed",
    ],
  ],
  [
    "a module that switches by magic",
    [asModule("control: magic"), ownSense],
    [`14:46: domains.chassis.0.backend.control: "magic" is not allowed here; write control: rail or control: buttons`],
  ],
  [
    "a module beside gpio",
    [asModule("control: rail, gpio: { enable: rail-enable }")],
    [`14:52: domains.chassis.0.backend.gpio: "@acme/pdu" switches this domain already; keep gpio or module`],
  ],
  [
    "options without a module",
    [["enable: rail-enable }", "enable: rail-enable }, options: { outlet: 1 }"]],
    [`14:47: domains.chassis.0.backend.options: "options" is for a module; remove it, or name the module`],
  ],
  [
    "a template of a module, whose copies would act on one outlet",
    [asModule("control: rail"), ["powerGood: { all: [rail-good] }", "template: { count: 2 }"]],
    [
      "15:5: domains.chassis.0.template: copies would have the same options and act on the same thing; write each domain out, with options of its own",
    ],
  ],
  [
    "the press of a module, which is among its options",
    [asModule("control: buttons"), ["powerGood: { all: [rail-good] }", "timing: { press: 1s }"]],
    [
      "15:15: domains.chassis.0.timing.press: press 1s has no effect on this domain; remove it; with an effect here: powerGood, minimumOff, operation, gracefulOff",
    ],
  ],
  [
    "a module of the BMC",
    [["system: systemd", 'module: "@acme/bmc"']],
    [
      `22:16: domains.bmc.0.backend.module: a module switches power, and a BMC is only reset; write backend: { system: systemd } or { system: { resetLine: <line> } }`,
    ],
  ],
];

describe("a module is refused for", () => {
  test.each(mistakes)("%s", (_, edits, found) => {
    expect(complaints(edited(...edits))).toEqual(found);
  });

  test.each([
    "https://acme.example/pdu.mjs",
    "data:text/javascript,0",
    "file:///opt/pdu.mjs",
    "node:fs",
    "/opt/pdu",
    "./pdu.ts",
    "pdu.mjs/../../x",
    "@acme",
    "",
  ])("the name %j", (name) => {
    const [complaint, ...more] = complaints(
      edited(["gpio: { enable: rail-enable }", `module: "${name}", control: rail`], ownSense),
    );
    expect(more).toEqual([]);
    expect(complaint).toContain("domains.chassis.0.backend.module");
    expect(complaint).toContain("write a package (@acme/pdu) or a .mjs or .js file");
  });
});

it.each(["@acme/pdu", "acme-pdu", "@acme/pdu/outlet", "/opt/acme/pdu.mjs", "./pdu.mjs", "../shared/pdu.js"])(
  "takes %s with its options as they are written",
  (name) => {
    const options = "{ outlet: 3, nested: { list: [1, off] } }";
    const platform = read(
      edited(["gpio: { enable: rail-enable }", `module: "${name}", control: rail, options: ${options}`], ownSense),
    );
    expect(powerDomain(platform, "chassis.0")).toMatchObject({
      backend: { type: "module", module: name, control: "rail", options: { outlet: 3, nested: { list: [1, "off"] } } },
      powerGood: { lines: [] },
    });
  },
);

it("keeps the power-good lines of a module that has some", () => {
  const platform = read(edited(asModule("control: rail")));
  expect(powerDomain(platform, "chassis.0").powerGood).toEqual({ require: "all", lines: ["rail-good"] });
});

it("gives a module with buttons the time that an operating system may take to shut down", () => {
  const withTime: Edit = [
    "    powerGood: { all: [rail-good] }\n",
    "    powerGood: { all: [rail-good] }\n    timing: { gracefulOff: 30m }\n",
  ];
  const platform = read(edited(asModule("control: buttons"), withTime));
  expect(operationTime(platform, componentName("chassis.0"), "off")).toBeGreaterThan(duration("30m"));
});
