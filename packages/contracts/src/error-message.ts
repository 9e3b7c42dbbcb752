import { BusbarError } from "./busbar-error.ts";
import { errorCodeOf } from "./error-code.ts";
import { busbar } from "./messages.ts";

export function encodeError(error: BusbarError): Uint8Array {
  return busbar.v1.Error.encode({
    code: error.mapping.number,
    message: error.message,
    component: error.component ?? "",
    operationId: error.operationId ?? "",
    reason: error.reason ?? "",
    remedy: error.remedy ?? "",
    details: { ...error.details },
  }).finish();
}

/** The error in a reply's body; undefined when the body holds none (a peer that only sets headers). */
export function decodeError(bytes: Uint8Array): BusbarError | undefined {
  let body: busbar.v1.Error;
  try {
    body = busbar.v1.Error.decode(bytes);
  } catch {
    return undefined; // not ours: the caller falls back to the headers
  }
  const code = errorCodeOf(body.code);
  if (code === undefined) return undefined;
  return new BusbarError(code, body.message, {
    ...(body.component && { component: body.component }),
    ...(body.operationId && { operationId: body.operationId }),
    ...(body.reason && { reason: body.reason }),
    ...(body.remedy && { remedy: body.remedy }),
    details: body.details,
  });
}
