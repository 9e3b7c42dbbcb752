import type { HealthSummary } from "./health.ts";
import { type LoadDatagrams, openNotifySocket, type SendResult } from "./notify-socket.ts";

/**
 * What a service tells systemd (sd_notify(3)). Nothing here throws or waits, and outside systemd nothing happens: a
 * daemon that can't report still serves.
 */
export interface SystemdNotify {
  /** Start-up is done. From now on the watchdog is fed. */
  ready(status?: string): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  /** The stop has begun: systemd counts TimeoutStopSec from here and no longer minds the watchdog. */
  stopping(status?: string): void;
}

export interface SystemdNotifyOptions {
  /** NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: { warn(fields: object, text: string): void; error(fields: object, text: string): void };
  /**
   * Whether the process is of use, from facts at hand. False (or a throw) withholds the watchdog's food, and systemd
   * starts us anew after WatchdogSec: so only for what a restart mends, never for a missing broker or a full disk.
   */
  readonly isAlive?: () => boolean;
  /** How things stand, in one line: asked at each beat, told when it is another than before. */
  readonly describe?: () => string;
  readonly pid?: number;
  readonly load?: LoadDatagrams;
}

/** A datagram that found systemd's queue full is tried again this much later. */
const retryMs = 100;
const longestStatus = 256;
/** Node fires a timer beyond this (24.8 days) at once. */
const longestIntervalMs = 2 ** 31 - 1;

const silent: SystemdNotify = { ready() {}, status() {}, stopping() {} };

export function systemdNotify(options: SystemdNotifyOptions): SystemdNotify {
  const { env, log, load } = options;
  const address = env.NOTIFY_SOCKET;
  if (address === undefined || address === "") return silent;
  try {
    return new Notifier(openNotifySocket(address, load), options);
  } catch (err) {
    const remedy = "install unix-dgram beside the program, or give the unit Type=exec and WatchdogSec=0";
    log.warn({ err, remedy }, "systemd can't be told how we are, and will end us if its unit wants to know");
    return silent;
  }
}

class Notifier implements SystemdNotify {
  readonly #send: (text: string) => SendResult;
  readonly #options: SystemdNotifyOptions;
  /** What systemd has yet to hear, at the next try; a newer value takes an older one's place. */
  readonly #unsent = new Map<string, string>();
  readonly #watchdogUsec: number | undefined;
  #phase: "starting" | "ready" | "stopping" = "starting";
  #retry: NodeJS.Timeout | undefined;
  #told = "";
  #hasFailed = false;
  #wasAlive = true;

  constructor(send: (text: string) => SendResult, options: SystemdNotifyOptions) {
    this.#send = send;
    this.#options = options;
    this.#watchdogUsec = watchdogUsec(options);
    if (this.#watchdogUsec === undefined) return;
    // A timer of the main thread: when the event loop stops turning, so do the beats.
    setInterval(() => this.#beat(), Math.min(longestIntervalMs, Math.ceil(this.#watchdogUsec / 2_000))).unref();
    this.#beat();
  }

  ready(status?: string): void {
    if (this.#phase !== "starting") return;
    this.#phase = "ready";
    this.#unsent.delete("EXTEND_TIMEOUT_USEC");
    this.#tell("READY", "1", status ?? this.#description());
  }

  status(text: string): void {
    this.#told = oneLine(text);
    this.#unsent.set("STATUS", this.#told);
    this.#flush();
  }

  stopping(status?: string): void {
    if (this.#phase === "stopping") return;
    this.#phase = "stopping";
    this.#unsent.clear();
    this.#tell("STOPPING", "1", status);
  }

  /**
   * Start-up may take as long as it needs (the broker may be away) provided that the event loop turns: each beat asks
   * for another WatchdogSec, so that TimeoutStartSec ends only a start that hangs.
   */
  #beat(): void {
    if (this.#phase === "stopping" || !this.#isAlive()) return;
    if (this.#phase === "ready") this.#tell("WATCHDOG", "1", this.#description());
    else this.#tell("EXTEND_TIMEOUT_USEC", String(this.#watchdogUsec), this.#description());
  }

  #isAlive(): boolean {
    const { isAlive, log } = this.#options;
    let alive = true;
    let cause: unknown;
    try {
      alive = isAlive?.() ?? true;
    } catch (err) {
      alive = false;
      cause = err;
    }
    if (!alive && this.#wasAlive) {
      log.error({ err: cause, watchdogUsec: this.#watchdogUsec }, "of no use any more: systemd is left to restart us");
    }
    this.#wasAlive = alive;
    return alive;
  }

  #description(): string | undefined {
    try {
      return this.#options.describe?.();
    } catch {
      return "can't say how things stand";
    }
  }

  #tell(variable: string, value: string, status?: string): void {
    this.#unsent.set(variable, value);
    const line = status === undefined ? this.#told : oneLine(status);
    if (line !== this.#told) this.#unsent.set("STATUS", line);
    this.#told = line;
    this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#retry);
    const lines = [...this.#unsent].map(([variable, value]) => `${variable}=${value}\n`);
    if (lines.length === 0) return;
    const result = this.#send(lines.join(""));
    if (result === "later") {
      this.#retry = setTimeout(() => this.#flush(), retryMs).unref();
      return;
    }
    if (result === "sent") {
      this.#unsent.clear();
    } else if (!this.#hasFailed) {
      this.#hasFailed = true;
      this.#options.log.warn({ failure: result.failure }, "systemd doesn't hear us; tried again with each beat");
    }
  }
}

/** What `systemctl status` shows of a daemon's health. */
export function statusLine({ status, checks }: HealthSummary): string {
  const complaints = checks.filter((check) => check.status !== "ok");
  return [status, ...complaints.map(({ name, message = "" }) => `${name}: ${message}`)].join("; ");
}

/** A line end would start a variable of its own. */
const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim().slice(0, longestStatus);

/** Microseconds within which a beat must come; undefined when nobody waits for ours (sd_watchdog_enabled(3)). */
function watchdogUsec({ env, pid = process.pid }: SystemdNotifyOptions): number | undefined {
  const usec = /^[1-9][0-9]{0,15}$/.test(env.WATCHDOG_USEC ?? "") ? Number(env.WATCHDOG_USEC) : undefined;
  const meant = env.WATCHDOG_PID;
  return meant === undefined || meant === "" || Number(meant) === pid ? usec : undefined;
}
