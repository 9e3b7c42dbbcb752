/** Every key: flag `--<arg>`, environment variable, default. */
export const schema = {
  natsUrl: {
    doc: "URL of the broker",
    format: String,
    default: "nats://127.0.0.1:4222",
    arg: "nats-url",
    env: "BUSBAR_NATS_URL",
  },
  dataDir: {
    doc: "directory of the journal",
    format: String,
    default: "/var/lib/busbar/powermgr",
    arg: "data-dir",
    env: "BUSBAR_POWERMGR_DATA_DIR",
  },
  platform: {
    doc: "path of the platform file",
    format: String,
    default: "/etc/busbar/platform.yaml",
    arg: "platform",
    env: "BUSBAR_PLATFORM",
  },
  boardSocket: {
    doc: "unix socket of the simulated board (chips of type simulated)",
    format: String,
    default: "/run/busbar/board.sock",
    arg: "board-socket",
    env: "BUSBAR_BOARD_SOCKET",
  },
  logLevel: {
    doc: "least severe level that is logged",
    format: ["trace", "debug", "info", "warn", "error"],
    default: "info",
    arg: "log-level",
    env: "BUSBAR_LOG_LEVEL",
  },
  integrationTimeoutMs: {
    doc: "how long statemgr may take to answer, milliseconds (100 to 60000)",
    format: "nat",
    default: 10_000,
    arg: "integration-timeout-ms",
    env: "BUSBAR_INTEGRATION_TIMEOUT_MS",
  },
  queueLimit: {
    doc: "operations that are open at once; an off is never held back by it",
    format: "nat",
    default: 64,
    arg: "queue-limit",
    env: "BUSBAR_QUEUE_LIMIT",
  },
  retainOperations: {
    doc: "ended operations that can be asked for",
    format: "nat",
    default: 1000,
    arg: "retain-operations",
    env: "BUSBAR_RETAIN_OPERATIONS",
  },
  retainEvents: {
    doc: "events kept for the stream",
    format: "nat",
    default: 2000,
    arg: "retain-events",
    env: "BUSBAR_RETAIN_EVENTS",
  },
};

export interface Config {
  natsUrl: string;
  dataDir: string;
  platform: string;
  boardSocket: string;
  logLevel: string;
  integrationTimeoutMs: number;
  queueLimit: number;
  retainOperations: number;
  retainEvents: number;
}
