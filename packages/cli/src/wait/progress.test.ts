import { expect, it } from "vitest";
import { unpainted } from "../output/style.ts";
import { FakeScreen } from "../testing/fake-surroundings.ts";
import { Progress } from "./progress.ts";

it("on a terminal the last line says what goes on, and makes room for what has happened", () => {
  const screen = new FakeScreen(true);
  const progress = new Progress(screen, unpainted, performance.now());
  progress.live("host.0", "press power-button-0");
  progress.tell("host.0", "press power-button-0 (200 ms)");
  progress.live("host.0", "wait for power-good");
  progress.clear();
  const erase = "\r\u001b[2K";
  const line = "   0.0 s  host.0     ";
  expect(screen.text).toBe(
    `${erase}${line}press power-button-0 …${erase}${line}press power-button-0 (200 ms)\n${erase}${line}wait for power-good …${erase}`,
  );
});

it("elsewhere there are plain lines, and none is ever written over", () => {
  const screen = new FakeScreen(false);
  const progress = new Progress(screen, unpainted, performance.now());
  progress.live("host.0", "press power-button-0");
  progress.tell("host.0", "press power-button-0 (200 ms)");
  progress.clear();
  expect(screen.text).toBe("   0.0 s  host.0     press power-button-0 (200 ms)\n");
});
