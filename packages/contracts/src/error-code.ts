/**
 * The one table of error codes. Everything that shows an error to somebody else maps it here (DESIGN §4).
 * `exit` is the CLI's exit code; `redfish` is a MessageId of the DMTF Base registry 1.x.
 */
export const errorCodes = {
  INVALID_ARGUMENT: { number: 1, nats: 400, http: 400, grpc: 3, redfish: "PropertyValueError", exit: 2, retry: "no" },
  UNAUTHENTICATED: { number: 2, nats: 401, http: 401, grpc: 16, redfish: "NoValidSession", exit: 3, retry: "no" },
  PERMISSION_DENIED: {
    number: 3,
    nats: 403,
    http: 403,
    grpc: 7,
    redfish: "InsufficientPrivilege",
    exit: 3,
    retry: "no",
  },
  NOT_FOUND: { number: 4, nats: 404, http: 404, grpc: 5, redfish: "ResourceNotFound", exit: 4, retry: "no" },
  CONFLICT: { number: 5, nats: 409, http: 409, grpc: 10, redfish: "ResourceInUse", exit: 5, retry: "later" },
  FAILED_PRECONDITION: {
    number: 6,
    nats: 412,
    http: 412,
    grpc: 9,
    redfish: "ActionNotSupported",
    exit: 6,
    retry: "after-remedy",
  },
  INTERLOCK_DENIED: {
    number: 7,
    nats: 412,
    http: 412,
    grpc: 9,
    redfish: "ServiceTemporarilyUnavailable",
    exit: 6,
    retry: "after-remedy",
  },
  RESOURCE_EXHAUSTED: {
    number: 8,
    nats: 429,
    http: 429,
    grpc: 8,
    redfish: "ServiceInUnknownState",
    exit: 7,
    retry: "later",
  },
  POWER_OPERATION_FAILED: {
    number: 9,
    nats: 500,
    http: 500,
    grpc: 13,
    redfish: "OperationFailed",
    exit: 8,
    retry: "no",
  },
  POWER_GOOD_TIMEOUT: { number: 10, nats: 500, http: 500, grpc: 13, redfish: "OperationTimeout", exit: 8, retry: "no" },
  DEPENDENCY_FAILED: { number: 11, nats: 500, http: 500, grpc: 13, redfish: "OperationFailed", exit: 8, retry: "no" },
  OUTCOME_UNKNOWN: { number: 12, nats: 500, http: 500, grpc: 2, redfish: "OperationFailed", exit: 9, retry: "no" },
  HARDWARE_UNAVAILABLE: {
    number: 13,
    nats: 503,
    http: 503,
    grpc: 14,
    redfish: "ServiceTemporarilyUnavailable",
    exit: 10,
    retry: "yes",
  },
  UNAVAILABLE: {
    number: 14,
    nats: 503,
    http: 503,
    grpc: 14,
    redfish: "ServiceTemporarilyUnavailable",
    exit: 10,
    retry: "yes",
  },
  DEADLINE_EXCEEDED: { number: 15, nats: 504, http: 504, grpc: 4, redfish: "OperationTimeout", exit: 11, retry: "no" },
  ABORTED: { number: 16, nats: 409, http: 409, grpc: 10, redfish: "OperationFailed", exit: 12, retry: "no" },
  INTERNAL: { number: 17, nats: 500, http: 500, grpc: 13, redfish: "InternalError", exit: 1, retry: "no" },
} as const satisfies Record<string, ErrorMapping>;

interface ErrorMapping {
  /** Value in the proto enum busbar.v1.ErrorCode. */
  readonly number: number;
  readonly nats: number;
  readonly http: number;
  /** https://grpc.io/docs/guides/status-codes/ */
  readonly grpc: number;
  readonly redfish: string;
  readonly exit: number;
  readonly retry: "no" | "yes" | "later" | "after-remedy";
}

export type ErrorCode = keyof typeof errorCodes;

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(errorCodes, text);

const byNumber = new Map<number, ErrorCode>(
  Object.entries(errorCodes).map(([code, row]) => [row.number, code as ErrorCode]),
);

export const errorCodeOf = (number: number): ErrorCode | undefined => byNumber.get(number);
