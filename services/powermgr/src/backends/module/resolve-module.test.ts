import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveModule } from "./resolve-module.ts";

let root: string;
let platform: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "busbar-"));
  platform = join(root, "etc", "busbar");
  mkdirSync(platform, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text = ""): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return pathToFileURL(file).href;
}

const install = (folder: string, manifest: object, entry: string): string => {
  write(join(folder, "package.json"), JSON.stringify(manifest));
  return write(join(folder, entry));
};

describe("a file", () => {
  it("is found relative to the platform file", () => {
    const url = write("etc/busbar/pdu.mjs");
    expect(resolveModule("./pdu.mjs", platform)).toBe(url);
    expect(resolveModule("../busbar/pdu.mjs", platform)).toBe(url);
  });

  it("is found by its path", () => {
    expect(resolveModule(join(root, "pdu.mjs"), write("pdu.mjs") && platform)).toBe(write("pdu.mjs"));
  });
});

describe("a package", () => {
  it.each([
    ["exports as a path", { exports: "./x.mjs" }],
    ["exports of the package itself", { exports: { ".": "./x.mjs" } }],
    ["an import condition only, which require can't see", { exports: { ".": { import: "./x.mjs" } } }],
    ["nested conditions in the order of the file", { exports: { node: { import: "./x.mjs" }, default: "./y.mjs" } }],
    ["conditions that are not ours", { exports: { browser: "./y.mjs", require: "./y.cjs", default: "./x.mjs" } }],
    ["a main", { main: "./x.mjs" }],
  ])("is found by %s", (_, manifest) => {
    const url = install("etc/busbar/node_modules/@acme/pdu", manifest, "x.mjs");
    expect(resolveModule("@acme/pdu", platform)).toBe(url);
  });

  it("is found above the platform file, as Node finds packages", () => {
    const url = install("etc/node_modules/acme-pdu", {}, "index.js");
    expect(resolveModule("acme-pdu", platform)).toBe(url);
  });

  it("is found by a part of it", () => {
    const url = install("etc/node_modules/acme-pdu", { exports: { "./outlet": "./o.mjs" } }, "o.mjs");
    expect(resolveModule("acme-pdu/outlet", platform)).toBe(url);
  });
});

describe("refuses by name", () => {
  const refused = (name: string, why: string) =>
    expect(() => resolveModule(name, platform)).toThrow(
      expect.objectContaining({
        code: "NOT_FOUND",
        reason: "module-not-found",
        component: name,
        message: expect.stringContaining(why),
        remedy: expect.stringContaining("beside the platform file"),
      }),
    );

  it("a package that is not installed, and says where it was looked for", () => refused("@acme/pdu", platform));

  it("a file that is not there", () => refused("./pdu.mjs", join(platform, "pdu.mjs")));

  it("what Node has itself", () => refused("fs", "Node's own"));

  it("a part that a package does not export", () => {
    install("etc/node_modules/acme-pdu", { exports: "./o.mjs" }, "o.mjs");
    refused("acme-pdu/outlet", "exports");
  });

  it("a package whose package.json is broken", () => {
    write("etc/node_modules/acme-pdu/package.json", "{");
    refused("acme-pdu", "package.json");
  });
});
