import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { repository } from "./platform-files.ts";

/** protobuf by another implementation: Buf's, in Go, reading proto/ itself and none of our generated code. */
const convert = (type: string, from: string, to: string, input: string | Uint8Array): Buffer => {
  const { status, stdout, stderr } = spawnSync(
    join(repository(), "node_modules", ".bin", "buf"),
    ["convert", ".", "--type", type, "--from", `-#format=${from}`, "--to", `-#format=${to}`],
    // It wants a place for its cache, or a home directory.
    { cwd: repository(), input, env: { ...process.env, BUF_CACHE_DIR: join(repository(), ".cache", "buf") } },
  );
  if (status === 0) return stdout;
  throw new Error(`buf convert ${type}: ${stderr.toString()}`);
};

export const bufEncode = (type: string, message: object): Buffer =>
  convert(type, "json", "binpb", JSON.stringify(message));

export const bufDecode = (type: string, bytes: Uint8Array): Record<string, unknown> =>
  JSON.parse(convert(type, "binpb", "json", bytes).toString());
