import { expect, test } from "vitest";
import { countTests, sum } from "./test-count.mjs";

/**
 * @param {string} status
 * @param {string[]} statuses
 */
const file = (status, ...statuses) => ({ status, assertionResults: statuses.map((each) => ({ status: each })) });

test("tests are counted one by one", () => {
  const report = {
    numPassedTests: 3,
    numFailedTests: 2,
    testResults: [file("failed", "failed", "failed"), file("passed")],
  };
  expect(countTests(report, 1)).toEqual({ passed: 3, failed: 2 });
});

test("a file that can't be loaded is a failure although none of its tests ran", () => {
  const report = { numPassedTests: 3, numFailedTests: 0, testResults: [file("failed"), file("passed", "passed")] };
  expect(countTests(report, 1)).toEqual({ passed: 3, failed: 1 });
});

test("a run that fails without a failed test is a failure", () => {
  const report = { numPassedTests: 3, numFailedTests: 0, testResults: [file("passed", "passed")] };
  expect(countTests(report, 1)).toEqual({ passed: 3, failed: 1 });
});

test("a run that leaves no report is a failure", () => {
  expect(countTests(undefined, 0)).toEqual({ passed: 0, failed: 1 });
});

test("counts add up", () => {
  expect(
    sum([
      { passed: 1, failed: 0 },
      { passed: 2, failed: 3 },
    ]),
  ).toEqual({ passed: 3, failed: 3 });
});
