import { connectBus } from "@busbar/bus";
import { endpoints, milliseconds } from "@busbar/contracts";

/**
 * Asks powermgr how everything is, so many times at once and so often, until nobody listens to it any more. It doesn't
 * take all there is of the processor: then the pulses would show how the kernel shares it.
 */
const [url = "", atOnce = "1", everyMs = "1000"] = process.argv.slice(2);
const timeout = milliseconds(10_000);
const bus = await connectBus({ url, name: "bench-flood", log: { debug() {}, info() {}, warn() {}, error() {} } });

let waiting = 0;
function burst(): void {
  if (waiting > 0) return; // as fast as it is answered, and no faster
  waiting = Number(atOnce);
  for (let count = waiting; count > 0; count -= 1) {
    bus
      .request(endpoints.systemStatus, {}, { timeout })
      .catch(console.error)
      .finally(() => {
        waiting -= 1;
      });
  }
}

process.on("disconnect", () => process.exit());
setInterval(burst, Number(everyMs));
process.send?.("ready");
