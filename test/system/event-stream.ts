import type { Bus } from "@busbar/bus";
import { milliseconds } from "@busbar/contracts";

/** A message as JetStream stored it. */
export interface StoredMessage {
  readonly sequence: number;
  /** Nats-Msg-Id */
  readonly id: string;
  readonly subject: string;
  readonly data: Uint8Array;
}

const timeout = milliseconds(2_000);

/** Reads a stream message by message and keeps what it read: the past of a stream does not change. */
export class StreamReader {
  readonly #bus: Bus;
  readonly #name: string;
  readonly #messages: StoredMessage[] = [];

  constructor(bus: Bus, name: string) {
    this.#bus = bus;
    this.#name = name;
  }

  /** Everything in it. @throws while the broker is away */
  async read(): Promise<readonly StoredMessage[]> {
    const { state } = (await this.#api("INFO", {})) as { state: { last_seq: number } };
    for (let sequence = (this.#messages.at(-1)?.sequence ?? 0) + 1; sequence <= state.last_seq; sequence += 1)
      this.#messages.push(await this.#message(sequence));
    return this.#messages;
  }

  /** Forgets what it read, so that the next reading shows whether the past is still there. */
  forget(): void {
    this.#messages.length = 0;
  }

  async #message(sequence: number): Promise<StoredMessage> {
    const { message } = (await this.#api("MSG.GET", { seq: sequence })) as {
      message: { subject: string; hdrs?: string; data?: string };
    };
    const headers = Buffer.from(message.hdrs ?? "", "base64").toString();
    return {
      sequence,
      id: /^Nats-Msg-Id: *(.*)\r$/im.exec(headers)?.[1] ?? "",
      subject: message.subject,
      data: Buffer.from(message.data ?? "", "base64"),
    };
  }

  async #api(call: string, body: object): Promise<object> {
    const subject = `$JS.API.STREAM.${call}.${this.#name}`;
    const reply = await this.#bus.exchange(subject, Buffer.from(JSON.stringify(body)), { timeout });
    const answer = JSON.parse(Buffer.from(reply.data).toString()) as { error?: { description: string } };
    if (answer.error !== undefined) throw new Error(`${subject} ${JSON.stringify(body)}: ${answer.error.description}`);
    return answer;
  }
}
