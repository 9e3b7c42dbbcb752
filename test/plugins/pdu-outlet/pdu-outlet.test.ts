import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DomainControl } from "@busbar/backend";
import { type BackendFixture, backendConformance } from "@busbar/backend/conformance";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import backend from "./src/index.ts";
import { parseOptions } from "./src/options.ts";
import { FakePdu } from "./testing/fake-pdu.ts";

interface Outlet {
  readonly pdu: FakePdu;
  readonly control: DomainControl;
  end(): Promise<void>;
}

async function outlet(
  changed: { readonly outlet?: number; readonly token?: string; readonly timeoutMs?: number } = {},
) {
  const { token, ...options } = changed;
  const pdu = new FakePdu();
  const url = await pdu.listen();
  const directory = mkdtempSync(join(tmpdir(), "busbar-"));
  writeFileSync(join(directory, "token"), `${token ?? pdu.token}\n`);
  const stop = new AbortController();
  const control = await backend.open({
    component: "chassis.1",
    control: "rail",
    options: backend.parseOptions({ url, outlet: 3, tokenFile: "token", pollMs: 10, timeoutMs: 30_000, ...options }),
    directory,
    log: { info: () => {}, warn: () => {} },
    signal: stop.signal,
  });
  const end = async () => {
    // A request that waits for an answer ends with its connection.
    await Promise.all([control.close(), pdu.close()]);
    rmSync(directory, { recursive: true });
  };
  return { pdu, control, end } satisfies Outlet;
}

backendConformance("an outlet of a PDU", { control: "rail", tellsWithinMs: 100 }, async (): Promise<BackendFixture> => {
  const { pdu, control, end } = await outlet();
  return {
    control,
    hardware: {
      become: async (power) => void pdu.outlets.set(3, power),
      lose: async () => {
        pdu.mood = "away";
      },
      giveBack: async () => {
        pdu.mood = "well";
      },
      acts: async () => pdu.switched.map(({ power }) => ({ kind: "switch", to: power })),
      failNext: async () => {
        pdu.mood = "fails-after-switching";
      },
    },
    end,
  };
});

describe("an outlet", () => {
  let open: Outlet;
  const opened = async (changed?: Parameters<typeof outlet>[0]) => {
    await open.end();
    open = await outlet(changed);
    return open;
  };

  beforeEach(async () => {
    open = await outlet();
  });
  afterEach(() => open.end());

  it("measures what it feeds", async () => {
    await open.control.rail?.set("on");
    await vi.waitFor(() => expect(open.control.measure?.latest()?.watts).toBe(41.5), { timeout: 10_000 });
  });

  it("is not asked about any more once it is closed", async () => {
    await open.control.close();
    const { asked } = open.pdu;
    // Ten looks' time.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(open.pdu.asked).toBe(asked);
  });

  it("is unavailable when the PDU refuses the token, and nothing is switched", async () => {
    const { control, pdu } = await opened({ token: "stale" });
    expect(control.unavailable()).toMatch(/refuses the token \(HTTP 401\)/);
    await expect(control.rail?.set("on")).rejects.toMatchObject({ code: "HARDWARE_UNAVAILABLE" });
    expect(pdu.switched).toEqual([]);
  });

  it("is unavailable when the PDU has no such outlet", async () => {
    const { control } = await opened({ outlet: 9 });
    expect(control.unavailable()).toMatch(/outlet 9 of .* answers HTTP 404/);
  });

  it.each([
    ["answers with an error", "broken", /HTTP 500/],
    ["answers what is no state", "nonsense", /no state of an outlet/],
    ["closes every connection", "away", /can't be reached/],
  ] as const)("is unknown, and says why, when the PDU %s", async (_, mood, why) => {
    open.pdu.mood = mood;
    expect(await open.control.sense.read()).toBe("unknown");
    expect(open.control.unavailable()).toMatch(why);
    open.pdu.mood = "well";
    expect(await open.control.sense.read()).toBe("off");
    expect(open.control.unavailable()).toBeUndefined();
  });

  it("is unknown when the PDU is too slow", async () => {
    const { control, pdu } = await opened({ timeoutMs: 500 });
    pdu.mood = "silent";
    expect(await control.sense.read()).toBe("unknown");
    expect(control.unavailable()).toMatch(/has not answered within 500 ms/);
  });

  it("says that it may have switched when the answer to a switching is missing", async () => {
    open.pdu.mood = "fails-after-switching";
    await expect(open.control.rail?.set("on")).rejects.toMatchObject({
      code: "POWER_OPERATION_FAILED",
      message: expect.stringMatching(/may not have gone on/),
      remedy: expect.stringMatching(/./),
    });
    expect(open.pdu.switched).toEqual([{ outlet: 3, power: "on" }]);
  });
});

describe("options are refused, by name, for", () => {
  const right = { url: "http://pdu.example", outlet: 1, tokenFile: "token" };

  it.each([
    ["none at all", undefined, /url, outlet, tokenFile/],
    ["a URL of another sort", { ...right, url: "ftp://pdu.example" }, /^url:/],
    ["an outlet that is no number", { ...right, outlet: "3" }, /^outlet: write a whole number from 1/],
    ["a missing token", { ...right, tokenFile: undefined }, /^tokenFile:/],
    ["a timeout too short", { ...right, timeoutMs: 1 }, /^timeoutMs:/],
    ["a key that is not known", { ...right, password: "secret" }, /unknown option password/],
  ])("%s", (_, written, why) => {
    expect(() => parseOptions(written)).toThrow(why);
  });

  it("nothing that is right", () => {
    expect(parseOptions(right)).toEqual({ ...right, timeoutMs: 2_000, pollMs: 1_000 });
  });
});
