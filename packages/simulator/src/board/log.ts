/** pino's numbers, so that one tool reads the logs of all processes. */
const levels = { info: 30, warn: 40, error: 50, fatal: 60 } as const;

export type LogLevel = keyof typeof levels;
export type Log = (level: LogLevel, msg: string, fields?: Readonly<Record<string, unknown>>) => void;

/** One JSON object per line. */
export function jsonLog(write: (line: string) => void): Log {
  return (level, msg, fields = {}) => {
    write(`${JSON.stringify({ level: levels[level], time: Date.now(), name: "board", ...fields, msg })}\n`);
  };
}
