import { describe, expect, it } from "vitest";
import { victims } from "./crash-suite.ts";
import { crashAtEveryFrame } from "./every-frame.ts";
import { stories } from "./stories.ts";

describe.concurrent.each(Object.values(stories))("$name", (story) => {
  it.each(victims)(
    "%s may be killed at any frame of it",
    async (victim) => {
      const { rounds, seconds, slowestMs, failures } = await crashAtEveryFrame(story, victim);
      console.log(`${story.name}: ${victim} killed at ${rounds} frames in ${seconds} s, slowest ${slowestMs} ms`);
      expect(failures.join("\n"), "what was left after a crash").toBe("");
    },
    600_000,
  );
});
