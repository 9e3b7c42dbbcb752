import { BusbarError } from "@busbar/contracts";
import type { Surroundings } from "../surroundings.ts";

/**
 * Has the user say yes. Where nobody can be asked, nothing is done without --yes: a script says what it wants.
 * @throws BusbarError INVALID_ARGUMENT when nobody can be asked, ABORTED when the answer isn't yes
 */
export async function confirm(what: string, consequence: string, { ask }: Surroundings): Promise<void> {
  if (ask === undefined) {
    throw new BusbarError(
      "INVALID_ARGUMENT",
      `${what} was not sent: ${consequence}, and nobody is here to confirm it`,
      {
        reason: "not-confirmed",
        remedy: "add --yes",
      },
    );
  }
  const answer = await ask(`${what}: ${consequence}. Go on? [y/N] `);
  if (/^\s*y(?:es)?\s*$/i.test(answer ?? "")) return;
  throw new BusbarError("ABORTED", `${what} was not confirmed, so nothing was sent`, {
    reason: "not-confirmed",
    remedy: "answer y, or add --yes",
  });
}
