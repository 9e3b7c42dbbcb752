import type { ComponentName, Endpoint, Milliseconds, Outcome } from "@busbar/contracts";
import type { RequestHeaders } from "./request-headers.ts";

export interface RequestContext extends RequestHeaders {
  readonly subject: string;
  /** performance.now() at receipt. */
  readonly receivedAt: Milliseconds;
  /** Aborted when the service stops and doesn't wait any longer. */
  readonly signal: AbortSignal;
  /** The component that the subject names. @throws BusbarError NOT_FOUND */
  component(): ComponentName;
}

export interface Answer<P> {
  readonly message: P;
  readonly outcome?: Outcome;
  readonly operationId?: string;
}

/** Anything but a BusbarError that it throws is answered INTERNAL and logged as a bug. */
export type Handler<RequestM, ResponseP> = (
  request: RequestM,
  context: RequestContext,
) => Answer<ResponseP> | Promise<Answer<ResponseP>>;

/** An endpoint with its handler, its message types settled and out of sight. */
export interface Served {
  /** No dots: NATS micro services refuse them. */
  readonly name: string;
  readonly subject: string;
  readonly summary: string;
  readonly requestType: string;
  readonly responseType: string;
  handle(body: Uint8Array, context: RequestContext): Answer<Uint8Array> | Promise<Answer<Uint8Array>>;
}

export function served<RP, RM, SP, SM>(endpoint: Endpoint<RP, RM, SP, SM>, handler: Handler<RM, SP>): Served {
  const { name, subject, summary, request, response } = endpoint;
  const encoded = (answer: Answer<SP>): Answer<Uint8Array> => ({ ...answer, message: response.encode(answer.message) });
  return {
    name,
    subject,
    summary,
    requestType: request.name,
    responseType: response.name,
    handle(body, context) {
      const answer = handler(request.decode(body), context);
      return answer instanceof Promise ? answer.then(encoded) : encoded(answer);
    },
  };
}
