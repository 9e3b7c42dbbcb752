import { schema } from "@busbar/contracts";
import { expect, it } from "vitest";
import { wireFields } from "./wire-fields.ts";

it("names the fields of a message with their wire types", () => {
  const bytes = schema.v1alpha1.SensorAlert.encode({ type: "t", value: 1, timestamp: { seconds: 1 } }).finish();
  expect([...(wireFields(bytes) ?? [])].filter(([field]) => [1, 4, 8].includes(field))).toEqual([
    [1, 2],
    [4, 1],
    [8, 2],
  ]);
});

it.each([
  ["a cut length", [0x0a]],
  ["a text longer than what is there", [0x0a, 5, 0x61]],
  ["a cut double", [0x21, 0, 0, 0]],
  ["a group", [0x0b, 0x0c]],
  ["field 0", [0x02, 0]],
  ["a wire type that doesn't exist", [0x0e]],
  ["a number without an end", [0x08, ...Array(11).fill(0xff)]],
  ["one field as text and as double", [0x22, 0, 0x21, 0, 0, 0, 0, 0, 0, 0, 0]],
])("is undefined for %s", (_what, bytes) => {
  expect(wireFields(Uint8Array.from(bytes))).toBeUndefined();
});
