import { setTimeout as sleep } from "node:timers/promises";
import { type Action, type ComponentName, milliseconds } from "@busbar/contracts";
import { expect, it } from "vitest";
import { CrashSuite, chassis0, host0, host1, type Victim } from "./crash-suite.ts";
import { killAndSee } from "./kill.ts";
import { Lock } from "./lock.ts";
import { Seeded } from "./seeded.ts";

/** What happened can be repeated, as far as processes on a busy machine repeat anything: SEED=… SECONDS=… */
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const seconds = Number(process.env.SECONDS ?? 60);

const testifyEveryMs = 500;
const pressMs = milliseconds(20);
/** A press has taken effect after this, and power-good shows it (platform/board.yaml). */
const pressTakesMs = 200;

it(
  "kills at any time leave nothing behind but the truth",
  async () => {
    console.log(`SEED=${seed} SECONDS=${seconds}`);
    const crash = await CrashSuite.start({
      name: `random-${seed}`,
      // Two hosts on one chassis get in each other's way, and interlocks may say no.
      mayRefuse: ["CONFLICT", "FAILED_PRECONDITION", "INTERLOCK_DENIED", "RESOURCE_EXHAUSTED"],
      mayFail: true,
    });
    try {
      const problems = await rage(crash);
      const place = problems.length > 0 && crash.keepEvidence(`random-${seed}-all`, problems);
      expect(problems, `SEED=${seed}: ${place}`).toEqual([]);
    } finally {
      await crash.stop();
    }
  },
  (seconds + 240) * 1_000,
);

async function rage(crash: CrashSuite): Promise<readonly string[]> {
  const random = new Seeded(seed);
  const over = AbortSignal.timeout(seconds * 1_000);
  const kills = new Map<string, number>();
  const [lock0, lock1] = [new Lock(), new Lock()];
  const until = async (work: (random: Seeded) => Promise<void>) => {
    const own = random.fork();
    while (!over.aborted) await work(own);
  };
  const wait = (ms: number) => sleep(ms, undefined, { signal: over }).catch(() => {}); // over: the loop's head sees it
  const ended = await Promise.allSettled([
    until(async (own) => lock0.hold(() => actOnHost(crash, host0, own))),
    until(async (own) => lock1.hold(() => actOnHost(crash, host1, own))),
    until(async (own) => {
      await wait(own.between(500, 4_000));
      await lock0.hold(() => lock1.hold(() => actOnChassis(crash, own)));
    }),
    until(async (own) => {
      await wait(own.between(100, 1_500));
      const what = await harm(crash, own);
      kills.set(what, (kills.get(what) ?? 0) + 1);
    }),
    until(async () => {
      await wait(testifyEveryMs);
      await crash.testify();
    }),
  ]);
  console.log(
    `${[...kills].map(([what, times]) => `${times} × ${what}`).join(", ")}; ${crash.client.accepted.length} requests accepted, ${crash.client.refused.length} refused`,
  );
  const problems = ended.flatMap((end) => (end.status === "rejected" ? [`the test itself: ${end.reason}`] : []));
  await crash.idle();
  await crash.driveOff();
  return [...problems, ...(await crash.verdict())];
}

/** One thing that somebody wants of a host, or a second one close behind it; or somebody walks up to its front panel. */
async function actOnHost(crash: CrashSuite, host: ComponentName, random: Seeded): Promise<void> {
  const { board } = crash.suite;
  if (random.next() < 0.15) {
    await board.press(host === host0 ? "power-button-0" : "power-button-1", pressMs);
    await sleep(pressTakesMs);
  } else {
    const action = random.pick(hostActions);
    const isOvertaken = random.next() < 0.25;
    // No BMC can tell whether a host that is shutting down is still on while its button is being pressed.
    const isDeaf = isOvertaken && action === "HOST_ACTION_OFF";
    if (isDeaf) await board.setFault({ kind: "os-ignores-button", component: host });
    const first = crash.client.ask(host, action);
    if (isOvertaken) {
      await sleep(random.between(0, 80));
      await crash.client.ask(host, random.pick(overtaking));
    }
    await first;
    await crash.idle(host);
    if (isDeaf) await board.clearFaults({ target: host });
  }
  await crash.idle(host);
  // A host that boots doesn't hear its button, and this test asks for what can be done.
  await crash.steady();
}

const overtaking: readonly (readonly [number, Action])[] = [
  [1, "HOST_ACTION_OFF"],
  [2, "HOST_ACTION_FORCE_OFF"],
];

const hostActions: readonly (readonly [number, Action])[] = [
  [6, "HOST_ACTION_ON"],
  [4, "HOST_ACTION_OFF"],
  [1, "HOST_ACTION_FORCE_OFF"],
  [2, "HOST_ACTION_REBOOT"],
];

const chassisActions: readonly (readonly [number, Action])[] = [
  [2, "CHASSIS_ACTION_ON"],
  [3, "CHASSIS_ACTION_OFF"],
  [1, "CHASSIS_ACTION_EMERGENCY_SHUTDOWN"],
  [1, "CHASSIS_ACTION_POWER_CYCLE"],
];

async function actOnChassis(crash: CrashSuite, random: Seeded): Promise<void> {
  await crash.client.ask(chassis0, random.pick(chassisActions));
  await crash.idle();
  await crash.steady();
}

/** A stopped powermgr holds its line for as long: that must stay below what the board takes for a force off. */
const longestStopMs: Readonly<Record<Victim, number>> = { powermgr: 400, statemgr: 1_500, broker: 1_500 };

async function harm(crash: CrashSuite, random: Seeded): Promise<string> {
  const victim = random.pick<Victim>([
    [2, "powermgr"],
    [2, "statemgr"],
    [1, "broker"],
  ]);
  if (random.next() < 0.75) {
    crash.kill(victim, killAndSee);
    return `${victim} killed`;
  }
  crash.kill(victim, (pid) => process.kill(pid, "SIGSTOP"));
  await sleep(random.between(20, longestStopMs[victim]));
  crash.kill(victim, (pid) => process.kill(pid, "SIGCONT"));
  return `${victim} stopped`;
}
