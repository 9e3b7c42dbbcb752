import type { BusLog } from "../bus-log.ts";

export interface LogLine {
  readonly level: keyof BusLog;
  readonly message: string;
  readonly fields: object;
}

export interface TestLog extends BusLog {
  readonly lines: readonly LogLine[];
  /** Resolves with the first line, past or to come, whose message matches. */
  line(pattern: RegExp): Promise<LogLine>;
}

export function testLog(): TestLog {
  const lines: LogLine[] = [];
  const waiting = new Set<(line: LogLine) => void>();
  const write = (level: keyof BusLog) => (fields: object, message: string) => {
    const line = { level, message, fields };
    lines.push(line);
    for (const listener of waiting) listener(line);
  };
  return {
    lines,
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    line: (pattern) =>
      new Promise((resolve) => {
        const past = lines.find(({ message }) => pattern.test(message));
        if (past !== undefined) return resolve(past);
        const listener = (line: LogLine) => {
          if (!pattern.test(line.message)) return;
          waiting.delete(listener);
          resolve(line);
        };
        waiting.add(listener);
      }),
  };
}
