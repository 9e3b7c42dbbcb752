import { BusbarError, type ComponentName, milliseconds } from "@busbar/contracts";
import { connectBoard, type GpioChip, type SimulatedBoard } from "@busbar/hardware";
import type { Platform } from "@busbar/platform";
import type { OpenChip } from "./gpio.ts";

/** The simulated board's part in a platform. */
export interface SimulatedChips {
  readonly open: OpenChip;
  /** How often the board saw the BMC being reset. */
  readonly bmcResets: (component: ComponentName) => Promise<number | undefined>;
  readonly close: () => Promise<void>;
}

/** Between attempts to reach a board that is gone. */
const connectTimeout = milliseconds(1_000);

/** One connection to the board for all lines; a new one once it is lost. */
export function simulatedChips(platform: Platform, socket: string): SimulatedChips {
  let board: Promise<SimulatedBoard> | undefined;
  const connect = (): Promise<SimulatedBoard> => {
    const connecting = connectBoard({ socket, client: "powermgr", timeout: connectTimeout });
    board = connecting;
    const forget = () => {
      if (board === connecting) board = undefined;
    };
    connecting.then((connected) => connected.onLost(forget), forget);
    return connecting;
  };
  return {
    async open(name): Promise<GpioChip> {
      if (!platform.chips.has(name))
        throw new BusbarError("INTERNAL", `chip ${name} passed the platform check but is not defined`);
      return (await (board ?? connect())).gpioChip();
    },
    async bmcResets(component) {
      return (await (board ?? connect())).bmcResets(component);
    },
    async close() {
      const connected = await board?.catch(() => undefined); // never connected: nothing to close
      await connected?.close();
    },
  };
}
