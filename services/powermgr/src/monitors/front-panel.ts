import type { DomainControl, LineState, Power, Signal } from "@busbar/backend";
import { type Action, type ComponentName, kindOf, type Milliseconds, milliseconds } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import type { ButtonInput, PowerDomain } from "@busbar/platform";
import { actionOf, type PanelButton, type PressKind } from "./panel-press.ts";

/** What a button of the front panel did. */
export interface PanelEvent {
  readonly component: ComponentName;
  readonly button: PanelButton;
  readonly mode: ButtonInput["mode"];
  readonly kind: PressKind;
  readonly heldMs: number;
}

export interface FrontPanelOptions {
  readonly domains: ReadonlyMap<ComponentName, PowerDomain>;
  readonly controls: ReadonlyMap<ComponentName, Pick<DomainControl, "panel">>;
  readonly power: (component: ComponentName) => Power;
  /** Asks for the action of a button in mode act. */
  readonly act: (component: ComponentName, action: Action, actor: string) => void;
  readonly onEvent: (event: PanelEvent) => void;
  readonly clock: Pick<Clock, "monotonic" | "timer">;
}

interface Down {
  /** On our monotonic clock, and as the edge was stamped; the stamp is undefined when nobody saw the edge. */
  readonly since: Milliseconds;
  readonly stamp: number | undefined;
  readonly power: Power;
  readonly cancel: () => void;
  isLong: boolean;
}

interface Watched {
  readonly component: ComponentName;
  readonly domain: PowerDomain;
  readonly button: PanelButton;
  readonly mode: ButtonInput["mode"];
  readonly signal: Signal;
  last: LineState | undefined;
  down: Down | undefined;
}

/**
 * Follows the front panel's buttons. Only a press that is seen to begin counts: a button that is down at the start, or
 * when its line comes back, says nothing about when, and why, it went down.
 */
export class FrontPanel {
  readonly #options: FrontPanelOptions;
  readonly #ends: (() => void)[] = [];
  /** Presses by which hardware acts itself, and that no change of power was put down to yet. */
  readonly #passed = new Map<ComponentName, { readonly button: PanelButton; readonly until: Milliseconds }>();
  readonly #watched: readonly Watched[];

  constructor(options: FrontPanelOptions) {
    this.#options = options;
    this.#watched = [...options.domains.values()].flatMap((domain) => {
      const { powerButton, resetButton } = options.controls.get(domain.name)?.panel ?? {};
      const watch = (button: PanelButton, input: ButtonInput | undefined, signal: Signal | undefined): Watched[] =>
        input === undefined || signal === undefined
          ? []
          : [{ component: domain.name, domain, button, mode: input.mode, signal, last: undefined, down: undefined }];
      return [
        ...watch("power-button", domain.inputs?.powerButton, powerButton),
        ...watch("reset-button", domain.inputs?.resetButton, resetButton),
      ];
    });
  }

  async start(): Promise<void> {
    await Promise.all(
      this.#watched.map(async (watched) => {
        this.#ends.push(watched.signal.onChange((state, at) => this.#follow(watched, state, at)));
        const state = await watched.signal.read();
        watched.last ??= state;
      }),
    );
  }

  /** The button that a change of power is put down to, once; undefined when none was pressed in time. */
  takeCause(component: ComponentName): PanelButton | undefined {
    const passed = this.#passed.get(component);
    this.#passed.delete(component);
    return passed !== undefined && this.#options.clock.monotonic() <= passed.until ? passed.button : undefined;
  }

  close(): void {
    for (const end of this.#ends) end();
    for (const { down } of this.#watched) down?.cancel();
  }

  #follow(watched: Watched, state: LineState, at: number | undefined): void {
    const { last } = watched;
    watched.last = state;
    if (state === "active" && last === "inactive") this.#pressed(watched, at);
    else if (state === "inactive") this.#released(watched, at);
    else if (state === "unknown") this.#forget(watched);
  }

  #pressed(watched: Watched, at: number | undefined): void {
    const { clock, power } = this.#options;
    const { component, domain, button, mode } = watched;
    watched.down = {
      since: clock.monotonic(),
      stamp: at,
      power: power(component),
      cancel: clock.timer(thresholdOf(domain), () => void this.#held(watched)),
      isLong: false,
    };
    if (mode === "pass-through") {
      const until = milliseconds(clock.monotonic() + timeToEffect(domain, watched.down.power));
      this.#passed.set(component, { button, until });
    }
    this.#tell(watched, watched.down, "press", 0);
  }

  /** The release may be on its way to us: the level decides. */
  async #held(watched: Watched): Promise<void> {
    const { down } = watched;
    if ((await watched.signal.read()) !== "active" || down === undefined || watched.down !== down) return;
    this.#tell(watched, down, "long-press", this.#options.clock.monotonic() - down.since);
    down.isLong = true;
  }

  #released(watched: Watched, at: number | undefined): void {
    const { down } = watched;
    if (down === undefined) return;
    this.#forget(watched);
    const isStamped = at !== undefined && down.stamp !== undefined;
    const heldMs = isStamped ? at - down.stamp : this.#options.clock.monotonic() - down.since;
    this.#tell(watched, down, "release", heldMs);
  }

  #forget(watched: Watched): void {
    watched.down?.cancel();
    watched.down = undefined;
  }

  #tell({ component, domain, button, mode }: Watched, down: Down, kind: PressKind, heldMs: number): void {
    this.#options.onEvent({ component, button, mode, kind, heldMs });
    if (mode !== "act") return;
    const press = { kind, heldMs, wasLong: down.isLong, power: down.power };
    const action = actionOf(kindOf(component), button, press, thresholdOf(domain));
    if (action !== undefined) this.#options.act(component, action, `front-panel/${button}`);
  }
}

const thresholdOf = ({ backend }: PowerDomain): Milliseconds =>
  backend.type === "gpio-buttons" ? backend.pulse.forceThreshold : milliseconds(0);

/** A press on a running system asks it to shut down, which takes its time. */
const timeToEffect = ({ timing }: PowerDomain, power: Power): Milliseconds =>
  power === "off" ? timing.powerGood : timing.gracefulOff;
