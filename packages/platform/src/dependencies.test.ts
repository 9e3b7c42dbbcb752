import { describe, expect, test } from "vitest";
import { complaints, edited, type Mistake } from "./testing/platform-text.ts";

const mistakes: readonly Mistake[] = [
  [
    "a dependency twice",
    [["[chassis.0]", "[chassis.0, chassis.0]"]],
    [`19:28: domains.host.0.dependsOn.1: "chassis.0" is there twice; keep one of the two`],
  ],
  [
    "a dependency on nothing",
    [["[chassis.0]", "[chassis.1]"]],
    [
      `19:17: domains.host.0.dependsOn.0: "chassis.1" is not among the domains; did you mean "chassis.0"? Otherwise define it`,
    ],
  ],
  [
    "a dependency on no component",
    [["[chassis.0]", "[chassis]"]],
    [
      `19:17: domains.host.0.dependsOn.0: "chassis" is not allowed here; name a component as kind.index: host.0, chassis.0 or bmc.0`,
    ],
  ],
  [
    "a dependency on the BMC",
    [["[chassis.0]", "[chassis.0, bmc.0]"]],
    [`19:28: domains.host.0.dependsOn.1: "bmc.0" is a BMC: it is on whenever Busbar runs; remove it`],
  ],
  [
    "dependencies that go round",
    [["all: [rail-good] }", "all: [rail-good] }\n    dependsOn: [host.0]"]],
    [`20:5: domains.host.0.dependsOn: goes round: chassis.0 -> host.0 -> chassis.0; remove one of these dependencies`],
  ],
  [
    "a dependency on itself",
    [["[chassis.0]", "[host.0]"]],
    [`19:5: domains.host.0.dependsOn: goes round: host.0 -> host.0; remove one of these dependencies`],
  ],
];

describe("dependencies are refused for", () => {
  test.each(mistakes)("%s", (_, edits, found) => {
    expect(complaints(edited(...edits))).toEqual(found);
  });
});
