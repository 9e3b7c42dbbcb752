import { type busbar, endpoints } from "@busbar/contracts";
import { beforeEach, expect, test } from "vitest";
import { FakeDaemon } from "../testing/fake-daemon.ts";

const allowed: busbar.v1.ExplainResponse.$Properties = {
  component: "host.0",
  action: "HOST_ACTION_ON",
  allowed: true,
  interlocks: [{ name: "thermal", allowed: true }],
  steps: [{ component: "host.0", kind: "press", line: "power-button-0", part: 1, after: [0] }],
};
let answer = allowed;

const daemon = new FakeDaemon();
for (const endpoint of endpoints.statemgrExplain) daemon.answers(endpoint, () => answer);
daemon.use();

const explain = (...words: string[]) => daemon.busbar(["explain", ...words]);

beforeEach(() => {
  answer = allowed;
  daemon.heard.splice(0);
});

test("shows what would be done, in the words of the command that does it", async () => {
  const { exit, stdout } = await explain("host", "force-restart", "0");
  expect(exit).toBe(0);
  expect(stdout).toMatch(/^host\.0 force-restart: would be done\n/);
  expect(stdout).toMatch(/^thermal +yes/m);
  expect(stdout).toMatch(/^1 +0 +press +host\.0 +power-button-0$/m);
  expect(daemon.heard).toMatchObject([
    { subject: "statemgr.host.0.explain", request: { action: "HOST_ACTION_FORCE_RESTART" } },
  ]);
});

test("fails as the action would, by an interlock: exit code 6", async () => {
  const thermal = { name: "thermal", allowed: false, message: "zone cpu is hot", remedy: "cool it", overridable: true };
  answer = { ...allowed, allowed: false, steps: [], interlocks: [{ name: "health", allowed: true }, thermal] };
  const { exit, stdout, stderr } = await explain("host", "on", "0");
  expect(exit).toBe(6);
  expect(stdout).toMatch(/^host\.0 on: would be refused\n/);
  expect(stdout).toMatch(/^thermal +no \(overridable\) +zone cpu is hot +cool it$/m);
  expect(stderr).toBe("busbar: host.0 on would be refused: zone cpu is hot; cool it\n");
});

test("fails as the action would, by the state: exit code 6", async () => {
  answer = {
    ...allowed,
    allowed: false,
    interlocks: [],
    steps: [],
    refusal: "it is off",
    refusalRemedy: "switch it on",
  };
  const { exit, stdout, stderr } = await explain("host", "reboot", "0", "--output", "json");
  expect(exit).toBe(6);
  expect(JSON.parse(stdout)).toMatchObject({ allowed: false, refusal: "it is off", refusal_remedy: "switch it on" });
  expect(JSON.parse(stderr)).toMatchObject({ code: "FAILED_PRECONDITION", component: "host.0" });
});

test.each([
  ["host onn 0", /a host has no action onn; did you mean on\?/],
  ["psu on 0", /"psu" is not valid|kind/],
  ["host on x", /n: "x" is not valid; give the number of a host/],
  ["host on", /missing required argument 'n'/],
])("explain %s: exit code 2, and nothing is asked", async (words, expected) => {
  const { exit, stderr } = await explain(...words.split(" "));
  expect(exit).toBe(2);
  expect(stderr).toMatch(expected);
  expect(daemon.heard).toEqual([]);
});
