import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { repository } from "./platform-files.ts";

/** A file of the example plug-in as one module, as docs/backends.md ships it. */
export function bundleExample(source: string, outfile: string): void {
  const root = repository();
  execFileSync(
    join(root, "node_modules", ".bin", "esbuild"),
    [
      join("test", "plugins", "pdu-outlet", source),
      "--bundle",
      "--platform=node",
      "--format=esm",
      "--target=node20",
      "--log-level=warning",
      `--outfile=${outfile}`,
    ],
    { cwd: root },
  );
}
