import { busReasons } from "@busbar/bus";
import { asBusbarError, type BusbarError, type Milliseconds, milliseconds, peerSubjects } from "@busbar/contracts";
import type { Clock, Log } from "@busbar/daemon";
import type { Facts } from "./facts.ts";
import { decodeSensors, decodeZone, encodeSensorsRequest, encodeZoneRequest } from "./peer-messages.ts";

/** One request to another service. @throws BusbarError when no good answer came */
export type Ask = (subject: string, data: Uint8Array, timeout: Milliseconds) => Promise<Uint8Array>;

export interface RefreshOptions {
  readonly facts: Facts;
  readonly zones: Iterable<string>;
  readonly ask: Ask;
  readonly every: () => Milliseconds;
  readonly clock: Clock;
  readonly log: Pick<Log, "info" | "warn" | "debug">;
  /** Told after each round. */
  readonly onRound: () => void;
}

const isAbsent = ({ reason }: BusbarError): boolean =>
  reason === busReasons.noResponders || reason === busReasons.notConnected;

/** Who doesn't answer within this is asked again in the next round. */
const longestWait = milliseconds(5_000);

/** Asks for zones and sensors again and again, so that admission never has to. A peer that isn't there is no failure. */
export class Refresh {
  #options: RefreshOptions;
  /** What each peer's last answer was: undefined when it was a good one. */
  #answers = new Map<string, BusbarError | undefined>();

  constructor(options: RefreshOptions) {
    this.#options = options;
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, every, onRound } = this.#options;
    while (!signal.aborted) {
      await this.round();
      if (signal.aborted) return;
      onRound();
      await clock.sleep(every(), signal).catch(() => undefined); // only the signal ends a sleep early
    }
  }

  async round(): Promise<void> {
    const { facts, zones } = this.#options;
    const zoneRounds = [...zones].map((zone) =>
      this.#ask(`${peerSubjects.thermalZone} ${zone}`, peerSubjects.thermalZone, encodeZoneRequest(zone), (bytes) =>
        facts.noteZone(decodeZone(zone, bytes)),
      ),
    );
    const sensors = this.#ask(peerSubjects.sensors, peerSubjects.sensors, encodeSensorsRequest(), (bytes) =>
      facts.noteSensors(decodeSensors(bytes)),
    );
    await Promise.all([...zoneRounds, sensors]);
  }

  /** Who answered before and doesn't now, with what came instead. */
  problems(): readonly string[] {
    return [...this.#answers].flatMap(([what, error]) => (error ? `${what}: ${error.message}` : []));
  }

  async #ask(what: string, subject: string, request: Uint8Array, note: (bytes: Uint8Array) => void): Promise<void> {
    const { ask, every, log } = this.#options;
    try {
      note(await ask(subject, request, milliseconds(Math.min(longestWait, every()))));
      if (!this.#answers.has(what) || this.#answers.get(what)) log.info({}, `${what} answers`);
      this.#answers.set(what, undefined);
    } catch (thrown) {
      const error = asBusbarError(thrown);
      // Who never answered and isn't there now is none of this board's services.
      if (!this.#answers.has(what) && isAbsent(error)) log.debug({ err: error }, `${what} has nobody to answer`);
      else {
        if (this.#answers.get(what) === undefined) log.warn({ err: error }, `${what} has no good answer`);
        this.#answers.set(what, error);
      }
    }
  }
}
