import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { component, componentNumber } from "./component.ts";

describe("a component", () => {
  it("is a number where the kind is known, or its whole name", () => {
    expect(componentNumber("host")("0")).toBe("host.0");
    expect(componentNumber("chassis")("chassis.12")).toBe("chassis.12");
    expect(component("bmc.0")).toBe("bmc.0");
  });

  it.each(["", "x", "-1", "00", "1.5", "host.0", "chassis.x"])("is not %j for a chassis", (text) => {
    expect(() => componentNumber("chassis")(text)).toThrow(InvalidArgumentError);
  });

  it.each(["0", "psu.0", "host", "host.00"])("is not %j by name", (text) => {
    expect(() => component(text)).toThrow(InvalidArgumentError);
  });
});
