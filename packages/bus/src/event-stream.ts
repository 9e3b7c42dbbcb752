import type { BusLog } from "./bus-log.ts";
import type { JetStream, StreamConfig, StreamInfo } from "./jetstream.ts";
import { type OutboxSource, outboxIdIn } from "./outbox.ts";

export interface StreamName {
  readonly name: string;
  readonly subjects: readonly string[];
}

const nanoseconds = { second: 1e9, day: 86_400e9 };

/** How much of the past a daemon's stream keeps (DESIGN §4): a BMC's flash is small. */
const configOf = ({ name, subjects }: StreamName): StreamConfig => ({
  name,
  subjects,
  retention: "limits",
  storage: "file",
  discard: "old",
  max_bytes: 8 * 1024 * 1024,
  max_age: 7 * nanoseconds.day,
  duplicate_window: 120 * nanoseconds.second,
  num_replicas: 1,
});

/** Makes the stream, or brings its settings up to ours. One that can't be changed is used as it is. @throws BusbarError */
export async function ensureStream(jetStream: JetStream, stream: StreamName, log: BusLog): Promise<StreamInfo> {
  const wanted = configOf(stream);
  const found = await jetStream.stream(stream.name);
  if (found === undefined) {
    await jetStream.createStream(wanted);
    log.info({ stream: stream.name }, "made the stream of events");
    return (
      (await jetStream.stream(stream.name)) ?? {
        config: {},
        created: "",
        messages: 0,
        firstSequence: 0,
        lastSequence: 0,
      }
    );
  }
  const differing = Object.entries(wanted).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(found.config[key]),
  );
  if (differing.length === 0) return found;
  const settings = differing.map(([key]) => key);
  try {
    // What we don't set stays as the operator has it.
    await jetStream.updateStream({ ...found.config, ...wanted });
    log.info({ stream: stream.name, settings }, "updated the stream of events");
  } catch (err) {
    log.warn(
      { stream: stream.name, settings, err },
      "the stream of events has other settings that can't be changed; using it as it is",
    );
  }
  return found;
}

/** What the relay knows of the stream from its last acknowledgement. */
export interface Known {
  readonly position: number;
  /** Sequence number in the stream; 0 before the first acknowledgement. */
  readonly sequence: number;
  readonly created: string;
}

/** Others may have written to our subjects since; so far back we look for the last message of ours. */
const searchDepth = 128;

/** The outbox id after which publishing goes on: that of the last message of ours that the stream stored. */
export async function findPosition(
  jetStream: JetStream,
  name: string,
  info: StreamInfo,
  source: OutboxSource,
  known: Known,
): Promise<number> {
  const nothingLost = known.sequence > 0 && info.created === known.created && info.lastSequence >= known.sequence;
  const oldest = Math.max(
    nothingLost ? known.sequence + 1 : info.firstSequence,
    info.lastSequence - searchDepth + 1,
    1,
  );
  for (let sequence = info.lastSequence; sequence >= oldest; sequence -= 1) {
    const id = outboxIdIn(await jetStream.messageIdAt(name, sequence), source.epoch);
    if (id !== undefined) return id;
  }
  if (nothingLost) return known.position;
  const agedOut = info.messages === 0 && info.lastSequence > 0;
  return agedOut ? (source.acknowledgedUpTo ?? 0) : 0;
}
