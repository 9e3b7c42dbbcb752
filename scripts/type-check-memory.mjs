import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./repository.mjs";

/**
 * Makes the next `tsc -b` check everything again. It watches each project's own files and the declarations of the
 * projects it refers to, but neither node_modules nor generated declarations: after those change it would go on
 * calling code good that no longer fits.
 */
export function forgetTypeChecks() {
  const projects = ["packages", "services"].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(root, folder, name)),
  );
  for (const project of [...projects, join(root, "test"), join(root, "scripts")]) {
    rmSync(join(project, "dist", ".tsbuildinfo"), { force: true });
  }
}
