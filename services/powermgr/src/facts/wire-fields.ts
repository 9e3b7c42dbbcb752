/** Number and wire type of a field, as protobuf writes them before its value. */
export type WireFields = ReadonlyMap<number, number>;

const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;
const fixed32 = 5;

/**
 * The fields of a protobuf message without its schema, or undefined for bytes that are none. Messages that share their
 * field numbers differ in the wire types. A field that occurs with two types is no message of ours either.
 * https://protobuf.dev/programming-guides/encoding/
 */
export function wireFields(bytes: Uint8Array): WireFields | undefined {
  const fields = new Map<number, number>();
  let at = 0;
  while (at < bytes.length) {
    const tag = readVarint(bytes, at);
    if (tag === undefined) return undefined;
    const [field, type] = [Math.floor(tag.value / 8), tag.value % 8];
    if (field === 0 || (fields.has(field) && fields.get(field) !== type)) return undefined;
    fields.set(field, type);
    const end = skip(bytes, tag.end, type);
    if (end === undefined || end > bytes.length) return undefined;
    at = end;
  }
  return fields;
}

function skip(bytes: Uint8Array, at: number, type: number): number | undefined {
  switch (type) {
    case varint:
      return readVarint(bytes, at)?.end;
    case fixed64:
      return at + 8;
    case lengthDelimited: {
      const length = readVarint(bytes, at);
      return length && length.end + length.value;
    }
    case fixed32:
      return at + 4;
    default:
      return undefined; // groups: no message of ours has one
  }
}

function readVarint(bytes: Uint8Array, at: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < 10; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return undefined;
}
