import type { DomainControl } from "./capabilities.ts";

/** Raised when a backend that was right before would be wrong: powermgr takes no module of another number. */
export const backendApiVersion = 1;

export interface BackendLog {
  info(message: string): void;
  warn(message: string): void;
}

/** What powermgr gives to a backend for one domain. */
export interface BackendContext<Options> {
  /** The domain, for instance `chassis.1`. */
  readonly component: string;
  /** What the platform file promises of this domain: `rail` needs `rail`, `buttons` needs `powerButton`. */
  readonly control: "rail" | "buttons";
  /** As `parseOptions` returned them. */
  readonly options: Options;
  /** The platform file's directory: paths among the options are relative to it. */
  readonly directory: string;
  readonly log: BackendLog;
  /** Aborted when powermgr stops: what is still being opened is given up. */
  readonly signal: AbortSignal;
}

/**
 * A kind of hardware that switches domains: the default export of a module that a platform file names. It shares the
 * process with all other domains. So it never blocks the event loop, handles every rejection of its own, and changes
 * nothing that is global.
 */
export interface PowerBackend<Options> {
  /** `backendApiVersion` of the package that it was written for. */
  readonly apiVersion: number;
  /** For logs and messages. */
  readonly name: string;
  /**
   * Checks what the platform file has under `options`, without touching hardware.
   * @throws Error whose message says what is wrong and how it is right; the domain is then unavailable
   */
  parseOptions(written: unknown): Options;
  /**
   * Called once for each domain that names the module. Hardware that is away is no reason to reject: the control then
   * says so by `unavailable` and takes the hardware when it comes. After a rejection it is called again.
   * Opening changes no output: a rail stays as it is, a button stays released.
   */
  open(context: BackendContext<Options>): Promise<DomainControl>;
}

/** Gives a backend its types; a module of plain JavaScript can export the same object without it. */
export const definePowerBackend = <Options>(backend: PowerBackend<Options>): PowerBackend<Options> => backend;
