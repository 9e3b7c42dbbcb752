/**
 * What of vitest's JSON report decides how a run went.
 * @typedef {{
 *   numPassedTests: number,
 *   numFailedTests: number,
 *   testResults: { status: string, assertionResults: { status: string }[] }[],
 * }} VitestReport
 */

/** @typedef {{ passed: number, failed: number }} Count */

/**
 * A failing run never counts as passed: a file that can't be loaded has no failed test, and neither has a run that
 * crashed, found nothing to run, or left a rejected promise behind.
 * @param {VitestReport | undefined} report undefined if vitest left none
 * @param {number} exitCode
 * @returns {Count}
 */
export function countTests(report, exitCode) {
  if (report === undefined) return { passed: 0, failed: 1 };
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && assertionResults.every((assertion) => assertion.status !== "failed"),
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  return { passed: report.numPassedTests, failed: exitCode !== 0 && failed === 0 ? 1 : failed };
}

/**
 * Adds up stages, for the line that continuous integration reads.
 * @param {readonly Count[]} counts
 */
export function sum(counts) {
  return {
    passed: counts.reduce((total, { passed }) => total + passed, 0),
    failed: counts.reduce((total, { failed }) => total + failed, 0),
  };
}
