import type { DomainControl } from "@busbar/backend";
import { BusbarError, type ComponentName, milliseconds } from "@busbar/contracts";
import { connectBoard, type GpioChip, type SimulatedBoard } from "@busbar/hardware";
import type { Platform } from "@busbar/platform";
import { gpioControl, type OpenChip } from "./gpio.ts";

export interface Controls {
  readonly byComponent: ReadonlyMap<ComponentName, DomainControl>;
  /** Releases momentary lines; latched ones stay as they are. */
  close(): Promise<void>;
}

/** Between attempts to reach a board that is gone. */
const connectTimeout = milliseconds(1_000);

/** The platform's power domains, each with the lines it can get. What is missing is taken when it comes. */
export async function openControls(platform: Platform, boardSocket: string): Promise<Controls> {
  const chips = simulatedChips(platform, boardSocket);
  const domains = [...platform.domains.values()].filter((domain) => domain.kind !== "bmc");
  const controls = await Promise.all(
    domains.map(async (domain) => [domain.name, await gpioControl(domain, platform, chips.open)] as const),
  );
  return {
    byComponent: new Map(controls),
    async close() {
      await Promise.all(controls.map(([, control]) => control.close()));
      await chips.close();
    },
  };
}

/** One connection to the board for all lines; a new one once it is lost. */
function simulatedChips(platform: Platform, socket: string): { open: OpenChip; close: () => Promise<void> } {
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
    async close() {
      const connected = await board?.catch(() => undefined); // never connected: nothing to close
      await connected?.close();
    },
  };
}
