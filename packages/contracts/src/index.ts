export { asBusbarError, BusbarError, type ErrorContext } from "./busbar-error.ts";
export {
  type ComponentKind,
  type ComponentName,
  componentKinds,
  componentName,
  indexOf,
  isComponentName,
  kindOf,
} from "./component.ts";
export { type DurationText, duration, formatDuration, parseDuration } from "./duration.ts";
export { actionEndpoint, type Endpoint, endpoints, type ServiceName } from "./endpoint.ts";
export { type ErrorCode, errorCodeOf, errorCodes, isErrorCode } from "./error-code.ts";
export { decodeError, encodeError } from "./error-message.ts";
export { headers, type Outcome } from "./headers.ts";
export {
  type Action,
  actionFor,
  actionMessages,
  actionsOf,
  decodeActionRequest,
  decodeActionResponse,
  decodeStateChange,
  encodeActionRequest,
  encodeActionResponse,
  encodeStateChange,
  isAction,
  isOffVerb,
  isStatus,
  type StateChangeMessage,
  type Status,
  type StatusRole,
  type StatusRoles,
  statusRoles,
  type Verb,
  verbOf,
} from "./kinds.ts";
export { type MessageType, messageType } from "./message-type.ts";
export { busbar, schema } from "./messages.ts";
export { nearMiss } from "./near-miss.ts";
export { componentOf, peerSubjects, streams, subjects } from "./subjects.ts";
export { type Milliseconds, milliseconds } from "./time.ts";
export { epochMs, type Timestamp, timestamp } from "./timestamp.ts";
