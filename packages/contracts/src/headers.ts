/** Header names on the bus (DESIGN §4). */
export const headers = {
  /** Numeric like HTTP's and text: NATS micro-service error headers. */
  serviceErrorCode: "Nats-Service-Error-Code",
  serviceError: "Nats-Service-Error",
  /** Our ErrorCode. */
  error: "Busbar-Error",
  /** accepted, completed or no-op. */
  outcome: "Busbar-Outcome",
  operationId: "Busbar-Operation-Id",
  /** Idempotency key of the caller. */
  requestId: "Busbar-Request-Id",
  /** How long the caller waits, from receipt. */
  timeoutMs: "Busbar-Timeout-Ms",
  /** Who asks, as claimed. */
  actor: "Busbar-Actor",
  /** Names of interlocks that the caller asks to be overridden, with commas; only where policy allows it. */
  override: "Busbar-Override",
  traceparent: "traceparent",
} as const;

export type Outcome = "accepted" | "completed" | "no-op";
