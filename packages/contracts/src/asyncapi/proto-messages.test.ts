import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { endpoints } from "../endpoint.ts";
import { busbar, schema } from "../messages.ts";
import { events } from "./events.ts";
import { ProtoMessages } from "./proto-messages.ts";

const proto = fileURLToPath(new URL("../../../../proto/", import.meta.url));

const rows = Object.values(endpoints).flat<unknown>() as { request: { name: string }; response: { name: string } }[];
const names = [...rows.flatMap(({ request, response }) => [request.name, response.name]), "Error"];

test.each([...new Set([...names, ...events.map(({ message }) => message)])])("%s is a whole proto file", (name) => {
  const { fullName, source } = new ProtoMessages(proto.slice(0, -1)).get(name);
  const root = new protobuf.Root();
  const { imports = [] } = protobuf.parse(source, root, { keepCase: true });
  root.resolvePath = (_origin, target) => join(proto, target);
  root.loadSync(imports);
  const type = root.resolveAll().lookupType(fullName);

  // What one side writes by this text the other reads by proto/: every field at its number and of its type.
  const generated = fullName.startsWith("busbar.v1.") ? busbar.v1 : schema.v1alpha1;
  const codec = generated[name as keyof typeof generated] as unknown as {
    decode(bytes: Uint8Array): object;
    encode(message: object): protobuf.Writer;
  };
  const sample = Object.fromEntries(type.fieldsArray.map((field) => [field.name, sampleOf(field)]));
  const bytes = type.encode(type.fromObject(sample)).finish();
  expect(codec.encode(codec.decode(bytes)).finish()).toEqual(bytes);
});

function sampleOf(field: protobuf.Field): unknown {
  if (field.map) return { key: "text" };
  const value = field.resolvedType instanceof protobuf.Type ? {} : field.type === "string" ? "text" : 1;
  return field.repeated ? [value] : value;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "busbar-proto-"));
  mkdirSync(join(folder, "a"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (file: string, text: string) => writeFileSync(join(folder, file), `syntax = "proto3";\n${text}`);

test("a message brings what it is made of along, and imports what is another package's", () => {
  write("a/c.proto", 'package a;\nimport "d.proto";\nmessage C {\n  d.D d = 1;\n}\n');
  write("d.proto", "package d;\nmessage D {}\n");
  write(
    "a/b.proto",
    'package a;\nimport "a/c.proto";\n// Of b.\nmessage B {\n  C c = 1;\n}\nenum Unused {\n  U = 0;\n}\n',
  );
  expect(new ProtoMessages(folder).get("B")).toEqual({
    fullName: "a.B",
    file: "a/b.proto",
    source: `syntax = "proto3";
package a;
import "d.proto";

// Of b.
message B {
  C c = 1;
}

message C {
  d.D d = 1;
}
`,
  });
});

test("two messages of one name, and a name that nobody defines, are refused", () => {
  write("a/b.proto", "package a;\nmessage B {}\n");
  expect(() => new ProtoMessages(folder).get("C")).toThrow("no message C");
  write("d.proto", "package d;\nmessage B {}\n");
  expect(() => new ProtoMessages(folder)).toThrow("same short name");
});
