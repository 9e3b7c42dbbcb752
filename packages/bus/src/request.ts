import { BusbarError, type Endpoint, headers, type Milliseconds, type Outcome } from "@busbar/contracts";
import { errorIn } from "./error-reply.ts";
import type { Exchange } from "./exchange.ts";
import type { Reply } from "./reply.ts";
import { type RequestHeaders, requestHeaderLines } from "./request-headers.ts";

export interface RequestOptions {
  /** The concrete subject, for endpoints whose own holds a wildcard. */
  readonly subject?: string;
  /** How long to wait for the answer. Not sent: what the peer may take is `headers.timeout`. */
  readonly timeout: Milliseconds;
  readonly headers?: RequestHeaders;
  readonly signal?: AbortSignal;
}

export interface Response<M> {
  readonly message: M;
  readonly outcome?: Outcome;
  readonly operationId?: string;
  header(name: string): string | undefined;
}

/** @throws BusbarError: the peer's, or one of `busReasons` when none of its answers came. */
export async function request<RP, RM, SP, SM>(
  exchange: Exchange,
  endpoint: Endpoint<RP, RM, SP, SM>,
  message: RP,
  options: RequestOptions,
): Promise<Response<SM>> {
  const subject = options.subject ?? endpoint.subject;
  const reply = await exchange(subject, endpoint.request.encode(message), {
    timeout: options.timeout,
    ...(options.headers && { headers: requestHeaderLines(options.headers) }),
    ...(options.signal && { signal: options.signal }),
  });
  const error = errorIn(reply);
  if (error !== undefined) throw error;
  const outcome = outcomeOf(reply);
  const operationId = reply.header(headers.operationId);
  return {
    message: decoded(endpoint, subject, reply),
    ...(outcome !== undefined && { outcome }),
    ...(operationId !== undefined && { operationId }),
    header: reply.header,
  };
}

function decoded<RP, RM, SP, SM>(endpoint: Endpoint<RP, RM, SP, SM>, subject: string, reply: Reply): SM {
  try {
    return endpoint.response.decode(reply.data);
  } catch (cause) {
    // The message type blames the sender of the bytes, which here is the peer, not our caller.
    throw new BusbarError("INTERNAL", `the answer to ${subject} is not a ${endpoint.response.name}`, {
      cause,
      remedy: "check that both sides run the same version",
    });
  }
}

const outcomes: readonly Outcome[] = ["accepted", "completed", "no-op"];

function outcomeOf(reply: Reply): Outcome | undefined {
  const text = reply.header(headers.outcome);
  return outcomes.find((outcome) => outcome === text);
}
