import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isConcreteSubject, requireSubjectPattern, subjectMatches } from "./subject.ts";

describe("a subject to send to", () => {
  test.each(["a", "powermgr.host.0.action", "$JS.API.STREAM.INFO.X", "_INBOX.abc.def"])("may be %s", (subject) => {
    expect(isConcreteSubject(subject)).toBe(true);
  });

  test.each(["", ".", "a.", ".a", "a..b", "a.*", "a.>", ">", "a b", "a\tb", "a\r\nPUB b 0\r\n", "a\u0000"])(
    "may not be %j",
    (subject) => {
      expect(isConcreteSubject(subject)).toBe(false);
    },
  );

  test("never holds what would end a protocol line", () => {
    fc.assert(fc.property(fc.string(), (text) => !isConcreteSubject(text) || !/[\s\0]/.test(text)));
  });
});

describe("a subject to listen to", () => {
  test.each(["a", "a.*", "a.>", "*.*", ">", "powermgr.*.*.power.result"])("may be %s", (subject) => {
    expect(() => requireSubjectPattern(subject)).not.toThrow();
  });

  test.each(["", "a.>.b", "a b", "a.b*", "a\r\n", "a..b"])("may not be %j", (subject) => {
    expect(() => requireSubjectPattern(subject)).toThrow(/not a subject to listen to/);
  });
});

test.each([
  ["a.b", "a.b", true],
  ["a.b", "a.c", false],
  ["a.*", "a.c", true],
  ["a.*", "a.c.d", false],
  ["a.*", "a", false],
  ["a.>", "a.b.c", true],
  ["a.>", "a", false],
  [">", "a", true],
  ["powermgr.*.*.power.result", "powermgr.host.0.power.result", true],
  ["powermgr.*.*.power.result", "powermgr.host.0.action", false],
])("%s stands for %s: %s", (pattern, subject, expected) => {
  expect(subjectMatches(pattern, subject)).toBe(expected);
});
