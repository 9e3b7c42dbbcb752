import { BusbarError } from "@busbar/contracts";

/** What somebody asks for under a name that nothing here has. */
export const notOnBoard = (what: string, forWhat = ""): BusbarError =>
  new BusbarError("NOT_FOUND", `the board has no ${what}${forWhat === "" ? "" : ` ${forWhat}`}`, {
    component: what,
    reason: "not-on-board",
    remedy: "compare with the board file",
  });
