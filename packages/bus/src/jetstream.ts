import { BusbarError, type Milliseconds, milliseconds } from "@busbar/contracts";
import type { Exchange } from "./exchange.ts";
import type { Reply } from "./reply.ts";

/**
 * The few calls of the JetStream API that durable publishing needs, as requests of ours: nats.js' client goes over
 * its own inbox (exchange.ts says why we have another) and takes any subscriber's reply for the acknowledgement.
 * https://docs.nats.io/reference/reference-protocols/nats_api_reference
 */

/** Of a stream's configuration, what we set. Durations are nanoseconds there. */
export interface StreamConfig {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly retention: "limits";
  readonly storage: "file";
  readonly discard: "old";
  readonly max_bytes: number;
  readonly max_age: number;
  readonly duplicate_window: number;
  readonly num_replicas: number;
}

export interface StreamInfo {
  readonly config: Readonly<Record<string, unknown>>;
  /** When it was made; another time means another stream of the same name. */
  readonly created: string;
  readonly messages: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
}

export interface Acknowledgement {
  readonly sequence: number;
  readonly duplicate: boolean;
}

/** Our headers of stored and published messages. */
const messageId = "Nats-Msg-Id";
const expectedStream = "Nats-Expected-Stream";

/** The API answers a request about a stream or message that doesn't exist with this. */
const notFound = 404;

const apiTimeout = milliseconds(2_000);

export class JetStream {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** undefined when there is no such stream. @throws BusbarError UNAVAILABLE without JetStream */
  async stream(name: string): Promise<StreamInfo | undefined> {
    const answer = await this.#api(`STREAM.INFO.${name}`, {});
    if (answer === undefined) return undefined;
    const state = recordIn(answer, "state");
    return {
      config: recordIn(answer, "config"),
      created: String(answer.created),
      messages: numberIn(state, "messages"),
      firstSequence: numberIn(state, "first_seq"),
      lastSequence: numberIn(state, "last_seq"),
    };
  }

  async createStream(config: StreamConfig): Promise<void> {
    await this.#api(`STREAM.CREATE.${config.name}`, config);
  }

  async updateStream(config: StreamConfig): Promise<void> {
    await this.#api(`STREAM.UPDATE.${config.name}`, config);
  }

  /** The Nats-Msg-Id of the message stored under a sequence number; undefined when it has none or is gone. */
  async messageIdAt(stream: string, sequence: number): Promise<string | undefined> {
    const answer = await this.#api(`STREAM.MSG.GET.${stream}`, { seq: sequence });
    const headers = answer === undefined ? undefined : recordIn(answer, "message").hdrs;
    return typeof headers === "string" ? headerIn(Buffer.from(headers, "base64").toString(), messageId) : undefined;
  }

  /** @throws BusbarError DEADLINE_EXCEEDED when it may have been stored, another code when it was not */
  async publish(
    message: { subject: string; data: Uint8Array; id: string; headers: Readonly<Record<string, string>> | undefined },
    stream: string,
    timeout: Milliseconds,
  ): Promise<Acknowledgement> {
    const reply = await this.#exchange(message.subject, message.data, {
      timeout,
      headers: { ...message.headers, [messageId]: message.id, [expectedStream]: stream },
      accept: (candidate) => isFromStream(candidate, stream),
    });
    const answer = parse(reply.data);
    throwApiError(answer, message.subject);
    return { sequence: numberIn(answer, "seq"), duplicate: answer.duplicate === true };
  }

  async #api(call: string, body: object): Promise<Fields | undefined> {
    const subject = `$JS.API.${call}`;
    const reply = await this.#exchange(subject, Buffer.from(JSON.stringify(body)), { timeout: apiTimeout });
    const answer = parse(reply.data);
    if (errorIn(answer)?.code === notFound) return undefined;
    throwApiError(answer, subject);
    return answer;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** A subscriber that answers every message it gets answers ours too; only the stream's word counts. */
function isFromStream({ data }: Reply, stream: string): boolean {
  try {
    const answer = parse(data);
    return errorIn(answer) !== undefined || (answer.stream === stream && typeof answer.seq === "number");
  } catch {
    return false;
  }
}

function parse(data: Uint8Array): Fields {
  const value: unknown = JSON.parse(new TextDecoder().decode(data));
  if (isFields(value)) return value;
  throw new BusbarError("INTERNAL", "JetStream answered something that is no object");
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function recordIn(fields: Fields, name: string): Fields {
  const value = fields[name];
  return isFields(value) ? value : {};
}

function numberIn(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === "number" ? value : 0;
}

interface ApiError {
  readonly code: number;
  readonly description: string;
}

function errorIn(answer: Fields): ApiError | undefined {
  const error = answer.error;
  if (!isFields(error) || typeof error.code !== "number") return undefined;
  return { code: error.code, description: typeof error.description === "string" ? error.description : "" };
}

function throwApiError(answer: Fields, subject: string): void {
  const error = errorIn(answer);
  if (error === undefined) return;
  const code = error.code === 503 ? "UNAVAILABLE" : "FAILED_PRECONDITION";
  throw new BusbarError(code, `JetStream refuses ${subject}: ${error.description} (${error.code})`, {
    reason: "jetstream",
    remedy: "look at JetStream in the broker's configuration, and at its disk",
  });
}

/** Headers as they are stored: NATS/1.0, then name: value lines. */
function headerIn(block: string, name: string): string | undefined {
  for (const line of block.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0 && line.slice(0, colon).toLowerCase() === name.toLowerCase()) return line.slice(colon + 1).trim();
  }
  return undefined;
}
