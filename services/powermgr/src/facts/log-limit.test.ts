import { milliseconds } from "@busbar/contracts";
import { FakeClock } from "@busbar/daemon";
import { expect, it } from "vitest";
import { LogLimit } from "./log-limit.ts";

it("writes some lines of a kind, then none until its time is over, and then says how many it kept back", () => {
  const clock = new FakeClock();
  const limit = new LogLimit(clock, 2, milliseconds(10_000));
  const lines: string[] = [];
  const write = (kind: string) => limit.write(kind, (suppressed) => lines.push(`${kind} ${suppressed}`));
  for (let index = 0; index < 100; index += 1) write("malformed");
  write("old");
  expect(lines).toEqual(["malformed 0", "malformed 0", "old 0"]);
  clock.advance(10_000);
  write("malformed");
  write("malformed");
  expect(lines.slice(3)).toEqual(["malformed 98", "malformed 0"]);
});
