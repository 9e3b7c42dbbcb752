import { Refusal } from "./refusal.mjs";

const oldest = [20, 19];

/** Older ones lack what we use; the versions in pnpm-workspace.yaml were chosen for this floor. */
export function checkNodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldest;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Refusal(
    `Busbar needs Node ${oldest.join(".")} or newer, this is ${process.versions.node}: install one from https://nodejs.org`,
  );
}
