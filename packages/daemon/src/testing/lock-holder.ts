import { BusbarError } from "@busbar/contracts";
import { lockDataDir } from "../index.ts";

/** Takes the lock of the directory that it is given, says how that went, and holds it until it is killed. */
try {
  lockDataDir(process.argv[2] ?? "");
  console.log("locked");
  setInterval(() => {}, 1_000);
} catch (error) {
  console.log(error instanceof BusbarError ? `${error.code}: ${error.message}` : String(error));
}
