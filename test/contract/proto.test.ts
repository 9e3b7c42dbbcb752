import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const released = join(root, "proto/released.json");
const host = "proto/schema/v1alpha1/host.proto";

let copy: string;

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), "busbar-proto-"));
  for (const name of ["proto", "buf.yaml"]) cpSync(join(root, name), join(copy, name), { recursive: true });
});

afterEach(() => rmSync(copy, { recursive: true, force: true }));

test("what was released is written down", () => {
  expect(existsSync(released), "proto/released.json is missing: run npm run proto:release and commit it").toBe(true);
});

test("proto/ as it is breaks no released peer", () => {
  expect(compare()).toEqual({ status: 0, output: "" });
});

test.each([
  ["a renumbered field", /^(\s*string name = )1;/m, "$11001;"],
  ["a field of another type", /^(\s*)string( name = 1;)/m, "$1uint32$2"],
  ["a removed enum value", /^\s*HOST_ACTION_ON = \d+;.*\n/m, ""],
  ["a renamed message", /\bChangeHostStateRequest\b/, "ChangeHostRequest"],
])("%s is refused", (_change, found, replacement) => {
  const file = join(copy, host);
  const before = readFileSync(file, "utf8");
  const after = before.replace(found, replacement);
  expect(after).not.toBe(before);
  writeFileSync(file, after);

  const { status, output } = compare();
  expect(output).toContain(host);
  expect(status).not.toBe(0);
});

function compare(): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    join(root, "node_modules/.bin/buf"),
    ["breaking", "--against", released],
    { cwd: copy, encoding: "utf8" },
  );
  return { status, output: stdout + stderr };
}
