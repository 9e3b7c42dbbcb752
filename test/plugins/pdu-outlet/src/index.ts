import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { backendApiVersion, definePowerBackend } from "@busbar/backend";
import { type OutletOptions, parseOptions } from "./options.ts";
import { OutletControl } from "./outlet-control.ts";
import { PduClient } from "./pdu-client.ts";

/** A chassis that is fed by one outlet of a switched PDU. */
export default definePowerBackend<OutletOptions>({
  apiVersion: backendApiVersion,
  name: "pdu-outlet",
  parseOptions,
  async open({ options, directory, log }) {
    // The token stays out of the platform file, which many may read.
    const token = (await readFile(resolve(directory, options.tokenFile), "utf8")).trim();
    const control = new OutletControl(new PduClient(options, token), options, log);
    await control.look();
    return control;
  },
});
