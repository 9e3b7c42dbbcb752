/** pino's numbers. */
const levels: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "",
  40: "warn",
  50: "ERROR",
  60: "FATAL",
};

const standard = new Set(["level", "time", "pid", "hostname", "name", "msg", "v"]);

export interface LogRecord {
  readonly time: number;
  readonly level: number;
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A line of a daemon's log, or plain text of something else (nats-server, a crash). */
export function parseLogLine(line: string): LogRecord {
  if (line.startsWith("{")) {
    try {
      const { level, time, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
      const fields = Object.fromEntries(Object.entries(rest).filter(([key]) => !standard.has(key)));
      return { time: Number(time), level: Number(level), text: String(msg ?? ""), fields };
    } catch {
      // not JSON after all: shown as it is
    }
  }
  return { time: Date.now(), level: 30, text: line, fields: {} };
}

const show = (value: unknown): string => {
  if (typeof value === "string") return /\s/.test(value) ? JSON.stringify(value) : value;
  if (typeof value === "object" && value !== null && "message" in value) return JSON.stringify(value.message);
  return JSON.stringify(value);
};

const colours = ["\u001b[36m", "\u001b[35m", "\u001b[32m", "\u001b[33m", "\u001b[34m"];

/** Puts the lines of all processes into one readable log. */
export function logView(write: (line: string) => void, colour: boolean): (process: string, line: string) => void {
  const seen: string[] = [];
  return (process, line) => {
    if (!seen.includes(process)) seen.push(process);
    const { time, level, text, fields } = parseLogLine(line);
    const clock = new Date(time).toISOString().slice(11, 23);
    const severity = levels[level] ?? "";
    const details = Object.entries(fields).map(([key, value]) => `${key}=${show(value)}`);
    const name = process.padEnd(8);
    const shown = colour ? `${colours[seen.indexOf(process) % colours.length]}${name}\u001b[0m` : name;
    write([clock, shown, severity, text, ...details].filter((part) => part !== "").join(" "));
  };
}
