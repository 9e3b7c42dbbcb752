import { CrashSuite, type Victim } from "./crash-suite.ts";
import { killAndSee } from "./kill.ts";
import { carryOut, type Story } from "./stories.ts";

export interface CrashReport {
  /** At how many frames of the story the victim was killed, at one in each round. */
  readonly rounds: number;
  readonly seconds: number;
  readonly slowestMs: number;
  /** What was wrong after which round, and where the evidence is. */
  readonly failures: readonly string[];
}

/** More broken rounds than these show nothing new. */
const mostFailures = 4;

/** Stories differ by a frame or two from one telling to the next, so that it takes some to be sure where they end. */
const tellingsPastTheEnd = 3;

/** For one round while looking into a failure: CRASH_AT=17. */
const onlyAt = process.env.CRASH_AT === undefined ? undefined : Number(process.env.CRASH_AT);

/**
 * A restart, and every wait that the platform's times allow, on a busy machine. What takes longer was noticed by nobody:
 * an operation whose end is asked for only at its deadline takes 18 s.
 */
const roundWithinMs = 12_000;

/** Tells the story as often as it has frames; the victim is killed before the first one, then before the second one, … */
export async function crashAtEveryFrame(story: Story, victim: Victim): Promise<CrashReport> {
  const started = performance.now();
  const failures: string[] = [];
  let slowestMs = 0;
  let rounds = 0;
  let crash: CrashSuite | undefined;
  let k = onlyAt ?? 1;
  try {
    for (let past = 0; past < tellingsPastTheEnd && failures.length < mostFailures; k += 1) {
      crash ??= await CrashSuite.start({ name: `${story.name}-${victim}-${k}` });
      const { problems, tookMs, isReached } = await round(crash, story, victim, k);
      past = k === onlyAt ? tellingsPastTheEnd : isReached ? 0 : past + 1;
      if (isReached) rounds += 1;
      slowestMs = Math.max(slowestMs, tookMs);
      if (problems.length === 0) {
        crash.forget();
        continue;
      }
      failures.push(failure(crash, `${story.name}-${k}-${victim}`, problems));
      await crash.stop();
      crash = undefined;
    }
    const problems = (await crash?.verdict()) ?? [];
    if (crash && problems.length > 0) failures.push(failure(crash, `${story.name}-end-${victim}`, problems));
  } finally {
    await crash?.stop();
  }
  return { rounds, seconds: Math.round((performance.now() - started) / 1_000), slowestMs, failures };
}

interface Round {
  readonly problems: readonly string[];
  readonly tookMs: number;
  /** False: the story was over before its k-th frame. */
  readonly isReached: boolean;
}

async function round(crash: CrashSuite, story: Story, victim: Victim, k: number): Promise<Round> {
  const problems: string[] = [];
  await carryOut(crash, story.before);
  await crash.quiet();
  const started = performance.now();
  crash.proxy.at(k, () => crash.kill(victim, killAndSee));
  await carryOut(crash, story.steps).catch((error) =>
    problems.push(`the story did not come to its end: ${error.message}`),
  );
  const isReached = !crash.proxy.disarm();
  problems.push(...(await crash.settle()));
  const tookMs = Math.round(performance.now() - started);
  if (tookMs > roundWithinMs) problems.push(`it took ${tookMs} ms until all had come to its end`);
  if (problems.length === 0) await crash.driveOff();
  return { problems, tookMs, isReached };
}

function failure(crash: CrashSuite, name: string, problems: readonly string[]): string {
  const place = crash.keepEvidence(name, problems);
  return [`${name}: ${place}`, ...problems.map((problem) => `    ${problem}`)].join("\n");
}
