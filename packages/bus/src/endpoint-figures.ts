import type { ErrorCode } from "@busbar/contracts";

/** What an endpoint did so far. nats.js counts only the part of a handler before its first await. */
export interface EndpointFigures {
  readonly requests: number;
  readonly inFlight: number;
  /** Answers by code; OK for the good ones. */
  readonly answers: Readonly<Partial<Record<AnswerCode, number>>>;
  readonly meanMs: number;
  readonly maxMs: number;
}

export type AnswerCode = ErrorCode | "OK";

export class EndpointCounter {
  #requests = 0;
  #inFlight = 0;
  #sumMs = 0;
  #maxMs = 0;
  readonly #answers: Partial<Record<AnswerCode, number>> = {};

  get inFlight(): number {
    return this.#inFlight;
  }

  begin(): void {
    this.#requests += 1;
    this.#inFlight += 1;
  }

  end(code: AnswerCode, ms: number): void {
    this.#inFlight -= 1;
    this.#answers[code] = (this.#answers[code] ?? 0) + 1;
    this.#sumMs += ms;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  figures(): EndpointFigures {
    const answered = this.#requests - this.#inFlight;
    const round = (ms: number) => Math.round(ms * 1000) / 1000;
    return {
      requests: this.#requests,
      inFlight: this.#inFlight,
      answers: { ...this.#answers },
      meanMs: answered === 0 ? 0 : round(this.#sumMs / answered),
      maxMs: round(this.#maxMs),
    };
  }
}
