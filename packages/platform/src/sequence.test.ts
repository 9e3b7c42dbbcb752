import { describe, expect, it, test } from "vitest";
import { extraLines, toHost } from "./testing/extra-lines.ts";
import { complaints, edited, powerDomain, read } from "./testing/platform-text.ts";

const withSteps = (steps: string, ...more: readonly string[]) =>
  edited(extraLines, toHost([`    sequence: { beforeOn: [${steps}] }`, ...more].join("\n")));

const mistakes: readonly (readonly [mistake: string, steps: string, complaint: string])[] = [
  ["that does nothing", "{}", `26:28: domains.host.0.sequence.beforeOn.0: does nothing; write set, await or pause`],
  [
    "that does two things",
    "{ pause: 1s, set: aux-enable-0, to: active }",
    `26:28: domains.host.0.sequence.beforeOn.0: is set and pause at once; make each a step of its own`,
  ],
  [
    "that sets a line to nothing",
    "{ set: aux-enable-0 }",
    `26:28: domains.host.0.sequence.beforeOn.0.to: is missing; write to: active or to: inactive`,
  ],
  [
    "that awaits no level",
    "{ await: aux-good-0 }",
    `26:28: domains.host.0.sequence.beforeOn.0.level: is missing; write level: active or level: inactive`,
  ],
  [
    "with a key of another kind",
    "{ set: aux-enable-0, to: active, within: 1s }",
    `26:69: domains.host.0.sequence.beforeOn.0.within: "within" has no effect on set; remove it; known here: set, to`,
  ],
  [
    "that sets a level that is none",
    "{ set: aux-enable-0, to: high }",
    `26:53: domains.host.0.sequence.beforeOn.0.to: "high" is not allowed here; write to: active or to: inactive`,
  ],
  [
    "that waits without end",
    "{ await: aux-good-0, level: active, within: 5m }",
    `26:72: domains.host.0.sequence.beforeOn.0.within: "5m" is too long; keep it in 1ms to 1m (usual: 1s)`,
  ],
  [
    "that sets an input",
    "{ set: aux-good-0, to: active }",
    `26:35: domains.host.0.sequence.beforeOn.0.set: "aux-good-0" is an input, but a sequence output has to be latched, or what it enables drops when Busbar stops; use another line, or define this one with output: latched`,
  ],
  [
    "that awaits an output",
    "{ await: aux-enable-0, level: active }",
    `26:37: domains.host.0.sequence.beforeOn.0.await: "aux-enable-0" is a latched output, but a sequence input has to be an input: an output shows what we drive, not what the board does; use another line, or define this one with input: true`,
  ],
  [
    "that sets another domain's rail",
    "{ set: rail-enable, to: inactive }",
    `26:35: domains.host.0.sequence.beforeOn.0.set: "rail-enable" as sequence output of host.0 already serves as rail enable of chassis.0; give each purpose a line of its own`,
  ],
  [
    "that outlasts its operation",
    "{ pause: 15s }, { await: aux-good-0, level: active, within: 10s }",
    `26:17: domains.host.0.sequence.beforeOn: may take 25s, which with powerGood 10s is more than operation 30s; shorten the steps, or make timing.operation at least 35s`,
  ],
];

describe("a step of a sequence is refused", () => {
  test.each(mistakes)("%s", (_, steps, complaint) => {
    expect(complaints(withSteps(steps))).toEqual([complaint]);
  });
});

describe("a sequence", () => {
  it("sets a line and sets it back, and waits as long as usual where the file is silent", () => {
    const platform = read(
      edited(
        extraLines,
        toHost(`    sequence:
      beforeOn: [{ set: aux-enable-0, to: active }, { await: aux-good-0, level: active }, { pause: 20ms }]
      afterOff: [{ set: aux-enable-0, to: inactive }]`),
      ),
    );
    expect(powerDomain(platform, "host.0").sequence).toEqual({
      onDelay: 0,
      offDelay: 0,
      beforeOn: [
        { type: "set", line: "aux-enable-0", to: "active" },
        { type: "await", line: "aux-good-0", level: "active", within: 1_000 },
        { type: "pause", duration: 20 },
      ],
      afterOff: [{ type: "set", line: "aux-enable-0", to: "inactive" }],
    });
  });
});
