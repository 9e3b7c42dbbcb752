/** Where text goes: a terminal, a pipe, a file, or a test. */
export interface Screen {
  readonly isTerminal: boolean;
  write(text: string): void;
}

/** All that a command sees of the world around it. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The checkout, when run from one. */
  readonly root: string | undefined;
  /** Who runs us, for the record of who asked. */
  readonly user: string;
  readonly stdout: Screen;
  readonly stderr: Screen;
  /** Asks the person at the terminal; undefined when they ended the input. Absent when nobody is there to answer. */
  readonly ask: ((question: string) => Promise<string | undefined>) | undefined;
  /** From the first call on, Ctrl-C aborts this signal instead of ending the process. */
  interrupted(): AbortSignal;
}
