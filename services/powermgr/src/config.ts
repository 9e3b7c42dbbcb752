import { type ConfigOf, duration, text, wholeNumber } from "@busbar/daemon";

/** What cutting power takes, with or without a running powermgr. */
export const emergencySchema = {
  runDir: text({
    doc: "directory of the emergency latch that needs no disk; it ends with the boot",
    default: "/run/busbar",
    env: "BUSBAR_RUN_DIR",
  }),
  platform: text({ doc: "path of the platform file", default: "/etc/busbar/platform.yaml", env: "BUSBAR_PLATFORM" }),
  boardSocket: text({
    doc: "unix socket of the simulated board, for chips of type simulated",
    default: "/run/busbar/board.sock",
    env: "BUSBAR_BOARD_SOCKET",
  }),
};

export type EmergencyConfig = ConfigOf<typeof emergencySchema>;

export const schema = {
  natsUrl: text({ doc: "URL of the broker", default: "nats://127.0.0.1:4222", env: "BUSBAR_NATS_URL" }),
  dataDir: text({
    doc: "directory of the journal",
    default: "/var/lib/busbar/powermgr",
    env: "BUSBAR_POWERMGR_DATA_DIR",
  }),
  ...emergencySchema,
  integrationTimeout: duration({
    doc: "how long statemgr may take to answer (seed 001)",
    default: "10s",
    min: "100ms",
    max: "1m",
  }),
  queueLimit: wholeNumber({
    doc: "operations that are open at once; an off is never held back by it",
    default: 64,
    min: 1,
    max: 10_000,
  }),
  retainOperations: wholeNumber({
    doc: "ended operations that can be asked for",
    default: 1_000,
    min: 10,
    max: 100_000,
  }),
  retainEvents: wholeNumber({ doc: "events kept for a stream that lost some", default: 2_000, min: 100, max: 100_000 }),
};

export type Config = ConfigOf<typeof schema>;
