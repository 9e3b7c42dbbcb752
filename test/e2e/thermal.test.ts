import { busbar, componentName, endpoints, milliseconds, peerSubjects, subjects } from "@busbar/contracts";
import { type AlertEncoding, Sensormon, Thermalmgr } from "@busbar/simulator/stand-ins";
import { afterAll, describe, expect, test } from "vitest";
import { eventually, patienceMs } from "./bounded.ts";
import { drivenEdges } from "./journal.ts";
import { RawNats } from "./raw-nats.ts";
import { useSystem } from "./system.ts";

const staleAfterMs = 5_000;

const system = useSystem({
  changes: {
    platform: [
      [
        "policies:\n",
        `zones:\n  cpu-0: [host.0]\n  cpu-1: [host.1]\npolicies:\n  thermal: { refresh: 500ms, staleAfter: ${staleAfterMs}ms }\n`,
      ],
    ],
  },
});
const { HealthStatus } = busbar.v1;

let thermalmgr: Thermalmgr;
let sensormon: Sensormon;

/** These zones are cool; of others it knows nothing. */
async function startPeers(...zones: string[]): Promise<void> {
  thermalmgr = await Thermalmgr.start(system().bus);
  sensormon = await Sensormon.start(system().bus);
  for (const zone of zones) thermalmgr.set(zone, { temperature: 40 });
}

afterAll(async () => {
  await thermalmgr.stop();
  await sensormon.stop();
});

/** What powermgr would say to an action, without doing it. */
async function explain(component: string, action = "HOST_ACTION_ON"): Promise<busbar.v1.ExplainResponse> {
  const endpoint = endpoints.powermgrExplain.find(({ name }) => name === "host-explain");
  if (endpoint === undefined) throw new Error("no endpoint to explain");
  const subject = subjects.component("powermgr", componentName(component), "explain");
  const options = { subject, timeout: milliseconds(patienceMs) };
  return (await system().bus.request(endpoint, { action }, options)).message;
}

const answerOf = async (component: string, interlock: string) =>
  (await explain(component)).interlocks.find(({ name }) => name === interlock);

/** powermgr has read what was set: its background refresh tells nobody. */
const denied = (component: string, interlock: string, message: RegExp, ms = patienceMs) =>
  eventually(
    `${component} is denied by ${interlock}`,
    async () => {
      const answer = await answerOf(component, interlock);
      return answer?.allowed === false && message.test(answer.message ?? "") ? answer : undefined;
    },
    ms,
  );

const allowed = (component: string, interlock: string) =>
  eventually(
    `${component} is allowed by ${interlock}`,
    async () => (await answerOf(component, interlock))?.allowed || undefined,
  );

/** An ON is refused with all that the caller needs to know, and nothing was touched. */
async function refused(component: string, interlock: string, message: RegExp): Promise<void> {
  const seq = await system().seq();
  const { error } = await system().ask(component, "HOST_ACTION_ON");
  expect(error).toMatchObject({
    code: "INTERLOCK_DENIED",
    reason: interlock,
    component,
    message: expect.stringMatching(message),
    remedy: expect.stringMatching(/./),
  });
  expect(drivenEdges(await system().journal(seq))).toEqual([]);
}

const powermgrHealth = async () =>
  (await system().health("powermgr")).checks.find(({ name }) => name === "thermal data");

describe("without thermalmgr and sensormon ever heard", () => {
  test("a host may be switched on, and powermgr is healthy", async () => {
    expect(await answerOf("host.0", "thermal")).toMatchObject({ allowed: true });
    expect((await powermgrHealth())?.status).toBe(HealthStatus.HEALTH_STATUS_OK);
    await startPeers("cpu-0"); // the course of cpu-1 begins in a test of its own
  });
});

describe("a hot zone", () => {
  test("refuses an ON with reason and remedy, and allows it again when it is cool", async () => {
    await system().bring("host.0", "off");
    thermalmgr.set("cpu-0", { temperature: 92, status: "critical" });
    await denied("host.0", "thermal", /critical/);
    await refused("host.0", "thermal", /cpu-0 is at 92\.0 °C: critical/);
    expect((await system().state("host.0")).status).toBe("HOST_STATUS_OFF");

    thermalmgr.set("cpu-0", { temperature: 40 });
    await allowed("host.0", "thermal");
    await system().mayGoOn();
    expect((await system().done("host.0", "HOST_ACTION_ON")).current).toBe("HOST_STATUS_ON");
  });

  test("refuses neither an OFF nor a forced one", async () => {
    for (const action of ["HOST_ACTION_OFF", "HOST_ACTION_FORCE_OFF"] as const) {
      thermalmgr.set("cpu-0", { temperature: 40 });
      await allowed("host.0", "thermal");
      await system().bring("host.0", "on");
      thermalmgr.set("cpu-0", { temperature: 99, status: "critical" });
      await denied("host.0", "thermal", /critical/);
      expect(await explain("host.0", action)).toMatchObject({ allowed: true });
      expect((await system().done("host.0", action)).current).toBe("HOST_STATUS_OFF");
    }
    thermalmgr.set("cpu-0", { temperature: 40 });
    await allowed("host.0", "thermal");
  });
});

describe("a zone that heats up", () => {
  test("refuses an ON before it is hot", async () => {
    await system().bring("host.1", "off");
    const begin = performance.now();
    // 1 °C each second; at 85 °C it would be critical.
    thermalmgr.set("cpu-1", () => ({ temperature: 40 + (performance.now() - begin) / 1_000 }));
    await denied("host.1", "thermal", /rises by/);
    await refused("host.1", "thermal", /would be critical \(85\.0 °C\) within 60 s/);
    expect(await answerOf("host.0", "thermal")).toMatchObject({ allowed: true });
  });
});

describe("sensors", () => {
  test("refuse an ON of what they belong to when they are critical", async () => {
    sensormon.set("temp1", { name: "CPU 0", context: "temperature", value: 96, status: "critical", zone: "cpu-0" });
    await denied("host.0", "health", /critical/);
    await refused("host.0", "health", /sensor CPU 0 is critical at 96 °C/);
    expect(await answerOf("host.1", "health")).toMatchObject({ allowed: true });
    sensormon.remove("temp1");
    await allowed("host.0", "health");
  });

  test("refuse every ON when the air that comes in is too warm", async () => {
    sensormon.set("inlet", { name: "Inlet", context: "temperature", value: 50 });
    await denied("host.0", "environment", /warmer/);
    await refused("host.0", "environment", /the air is at 50\.0 °C \(Inlet\), warmer than 45\.0 °C/);
    sensormon.remove("inlet");
    await allowed("host.0", "environment");
  });
});

describe("alerts", () => {
  test.each<AlertEncoding>(["protobuf", "json"])("in %s count until their zone is measured again", async (encoding) => {
    const measuredAt = Date.now();
    thermalmgr.set("cpu-0", { temperature: 40, measuredAt });
    await thermalmgr.alert(
      {
        severity: "critical",
        zone: "cpu-0",
        temperature: 91,
        at: measuredAt + 1,
        message: `fan stopped (${encoding})`,
      },
      encoding,
    );
    // The same connection carries the question: powermgr has the alert when it answers.
    expect(await answerOf("host.0", "thermal")).toMatchObject({
      allowed: false,
      message: expect.stringContaining(`fan stopped (${encoding})`),
    });
    thermalmgr.set("cpu-0", { temperature: 40 });
    await allowed("host.0", "thermal");
  });

  test("that are malformed, old, from the future, or thousands change nothing, and powermgr stays healthy", async () => {
    await system().bring("host.0", "on");
    const [seq, pids, mark] = [await system().seq(), system().pids(), system().changes.mark];
    const raw = await RawNats.connect(system().suite.natsUrl);
    const bytes = [
      Buffer.alloc(0),
      Buffer.from("{"),
      Buffer.from('{"severity":{"toString":1},"timestamp":"2026-01-01T00:00:00Z"}'),
      Buffer.from([0x0b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      Buffer.alloc(200_000, 0x0a),
      Buffer.from('{"severity":"emergency","zone_name":"cpu-0","temperature":120}'), // no time
      Buffer.from('{"severity":"emergency","zone_name":"cpu-0","temperature":120,"timestamp":"2020-01-01T00:00:00Z"}'),
    ];
    for (const subject of Object.values(peerSubjects)) {
      if (subject === peerSubjects.thermalZone || subject === peerSubjects.sensors) continue;
      for (const body of bytes) raw.publish(subject.replace("*", "critical"), body);
    }
    for (let index = 0; index < 5_000; index += 1)
      raw.publish(peerSubjects.thermalEmergency, Buffer.from(`{"storm":${index}}`));
    await raw.flush();
    raw.close();
    for (const minutes of [-10, 10]) {
      const alert = {
        severity: "emergency",
        zone: "cpu-0",
        temperature: 120,
        at: Date.now() + minutes * 60_000,
      } as const;
      for (const encoding of ["protobuf", "json"] as const) await thermalmgr.alert(alert, encoding);
      await sensormon.emergency({ sensor: "temp1", zone: "cpu-0", value: 120, threshold: 95, at: alert.at });
    }

    expect(await answerOf("host.0", "thermal")).toMatchObject({ allowed: true });
    expect((await system().health("powermgr")).status).toBe(HealthStatus.HEALTH_STATUS_OK);
    expect(system().pids()).toEqual(pids);
    expect(drivenEdges(await system().journal(seq))).toEqual([]);
    expect(system().changes.since(mark)).toEqual([]);
    expect((await system().done("host.0", "HOST_ACTION_OFF")).current).toBe("HOST_STATUS_OFF");
  });
});

describe("when thermalmgr falls silent", () => {
  test("an ON is refused and an OFF is not, health says why, and all is well when it is back", async () => {
    await allowed("host.0", "thermal");
    await system().bring("host.0", "on");
    await thermalmgr.stop();
    await denied("host.0", "thermal", /unknown/, 10 * staleAfterMs);
    const check = await powermgrHealth();
    expect(check).toMatchObject({
      status: HealthStatus.HEALTH_STATUS_DEGRADED,
      message: expect.stringMatching(/cpu-0/),
      remedy: expect.stringMatching(/thermalmgr/),
    });
    expect((await system().done("host.0", "HOST_ACTION_OFF")).current).toBe("HOST_STATUS_OFF");
    await refused("host.0", "thermal", /the temperature of zone cpu-0 is unknown: last heard/);

    await sensormon.stop();
    await startPeers("cpu-0", "cpu-1");
    await allowed("host.0", "thermal");
    await eventually("powermgr is healthy", async () =>
      (await powermgrHealth())?.status === HealthStatus.HEALTH_STATUS_OK ? true : undefined,
    );
  });
});
