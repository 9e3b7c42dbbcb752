import { BusbarError } from "./busbar-error.ts";

interface Writer {
  finish(): Uint8Array;
}

/** What protobufjs generates for a message: P is what it encodes, M what it decodes. */
interface GeneratedType<P, M> {
  encode(message: P): Writer;
  decode(bytes: Uint8Array): M;
}

export interface MessageType<P = unknown, M = P> {
  readonly name: string;
  encode(message: P): Uint8Array;
  /** @throws BusbarError INVALID_ARGUMENT for bytes that are no such message. */
  decode(bytes: Uint8Array): M;
}

export function messageType<P, M>(name: string, type: GeneratedType<P, M>): MessageType<P, M> {
  return {
    name,
    encode: (message) => type.encode(message).finish(),
    decode(bytes) {
      try {
        return type.decode(bytes);
      } catch (cause) {
        throw new BusbarError("INVALID_ARGUMENT", `the body is not a ${name}: ${(cause as Error).message}`, {
          cause,
          remedy: `send a protobuf-encoded ${name}`,
        });
      }
    },
  };
}

/** A body that is read later, when the component in the subject says which message it is. */
export const undecoded = (name: string): MessageType<Uint8Array> => ({
  name,
  encode: (bytes) => bytes,
  decode: (bytes) => bytes,
});
