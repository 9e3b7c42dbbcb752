import fc from "fast-check";
import { expect, test } from "vitest";
import { messageIdOf, outboxIdIn } from "./outbox.ts";

test("an outbox id comes back from its message id, for its own epoch only", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), fc.nat(), (epoch, other, id) => {
      expect(outboxIdIn(messageIdOf(epoch, id), epoch)).toBe(id);
      if (other !== epoch) expect(outboxIdIn(messageIdOf(epoch, id), other)).toBeUndefined();
    }),
  );
});

test.each([undefined, "", "epoch:", "epoch:x", "epoch:1e3", "epoch:-1", "epoch:1 "])("%j holds no outbox id", (id) => {
  expect(outboxIdIn(id, "epoch")).toBeUndefined();
});
