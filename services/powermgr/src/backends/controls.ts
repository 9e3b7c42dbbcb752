import type { DomainControl } from "@busbar/backend";
import { BusbarError, type ComponentName, milliseconds } from "@busbar/contracts";
import { connectBoard, type GpioChip, type SimulatedBoard } from "@busbar/hardware";
import type { Domain, Platform } from "@busbar/platform";
import { gpioControl, type OpenChip } from "./gpio.ts";
import { systemControl } from "./system.ts";

export interface Controls {
  readonly byComponent: ReadonlyMap<ComponentName, DomainControl>;
  /** Releases momentary lines; latched ones stay as they are. */
  close(): Promise<void>;
}

/** The simulated board's part in a platform. */
export interface SimulatedChips {
  readonly open: OpenChip;
  /** How often the board saw the BMC being reset. */
  readonly bmcResets: (component: ComponentName) => Promise<number | undefined>;
  readonly close: () => Promise<void>;
}

/** Between attempts to reach a board that is gone. */
const connectTimeout = milliseconds(1_000);

/** The platform's power domains, each with the lines it can get. What is missing is taken when it comes. */
export async function openControls(platform: Platform, boardSocket: string): Promise<Controls> {
  const chips = simulatedChips(platform, boardSocket);
  const open = (domain: Domain) =>
    domain.kind === "bmc" ? systemControl(domain, platform, chips) : gpioControl(domain, platform, chips.open);
  const controls = await Promise.all(
    [...platform.domains.values()].map(async (domain) => [domain.name, await open(domain)] as const),
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
function simulatedChips(platform: Platform, socket: string): SimulatedChips {
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
