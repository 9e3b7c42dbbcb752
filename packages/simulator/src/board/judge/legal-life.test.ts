import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deed, LegalLife } from "../testing/legal-life.ts";

const lives = fc.array(deed, { maxLength: 40, size: "max" });

describe("the hazard judge, on the whole board", () => {
  it("finds nothing in any life that is legal, whether news is prompt or late", () => {
    fc.assert(
      fc.property(lives, fc.boolean(), (deeds, isNewsLate) => {
        const life = new LegalLife(isNewsLate);
        life.live(deeds);
        expect(life.hazards()).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("finds the one unrequested press at the end of any such life", () => {
    fc.assert(
      fc.property(lives, fc.boolean(), (deeds, isNewsLate) => {
        const life = new LegalLife(isNewsLate);
        life.live(deeds.filter((each) => each.do !== "clear-latch" && each.do !== "emergency"));
        life.virtual.wait(120_000);
        life.daemon.pulse("power-button-1", 200);
        expect(life.hazards()).toHaveLength(1);
      }),
      { numRuns: 100 },
    );
  });

  it("sees lives that are worth judging", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(lives, (deeds) => {
        const life = new LegalLife(false);
        life.live(deeds);
        for (const entry of life.entries()) {
          if (entry.type === "power") seen.add(`${entry.component.split(".")[0]} ${entry.state} (${entry.cause})`);
          if (entry.type === "reset") seen.add(`${entry.component.split(".")[0]} reset`);
        }
      }),
    );
    expect([...seen].sort()).toEqual([
      "bmc reset",
      "chassis off (ac)",
      "chassis off (enable)",
      "chassis on (ac)",
      "chassis on (enable)",
      "host off (hold)",
      "host off (rail)",
      "host off (shutdown)",
      "host off (trip)",
      "host on (press)",
      "host reset",
    ]);
  });
});
