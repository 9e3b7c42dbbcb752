import { type ConfigOf, duration, text, wholeNumber } from "@busbar/daemon";

export const schema = {
  natsUrl: text({ doc: "URL of the broker", default: "nats://127.0.0.1:4222", env: "BUSBAR_NATS_URL" }),
  dataDir: text({
    doc: "directory of the database",
    default: "/var/lib/busbar/statemgr",
    env: "BUSBAR_STATEMGR_DATA_DIR",
  }),
  platform: text({ doc: "path of the platform file", default: "/etc/busbar/platform.yaml", env: "BUSBAR_PLATFORM" }),
  integrationTimeout: duration({
    doc: "how long powermgr may take to answer (seed 001)",
    default: "10s",
    min: "100ms",
    max: "1m",
  }),
  requestLimit: wholeNumber({
    doc: "request ids kept at most; an off is taken beyond it",
    default: 10_000,
    min: 100,
    max: 1_000_000,
  }),
  retainStateChanges: wholeNumber({ doc: "state changes kept", default: 100_000, min: 100, max: 10_000_000 }),
  retainEvents: wholeNumber({
    doc: "events kept for a stream that lost some",
    default: 5_000,
    min: 100,
    max: 1_000_000,
  }),
};

export type Config = ConfigOf<typeof schema>;
