import { BusbarError } from "@busbar/contracts";
import { malformed } from "./shape.ts";

/** One frame is one line of JSON, newline included: 64 KiB hold a page of the journal and bound a peer gone mad. */
export const frameLimit = 65_536;

export function encodeFrame(frame: object): string {
  return `${JSON.stringify(frame)}\n`;
}

/** @throws BusbarError INVALID_ARGUMENT for what is no JSON. */
export function parseFrame(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new BusbarError("INVALID_ARGUMENT", `frame: no JSON: ${line.slice(0, 40)}`, {
      reason: "malformed-frame",
      remedy: "speak newline-delimited JSON (packages/hardware/src/board/protocol.ts)",
      cause,
    });
  }
}

const newline = 0x0a;

/** Cuts a byte stream into lines. After an error the stream has no frame boundary to trust: close the connection. */
export class FrameReader {
  readonly #text = new TextDecoder("utf-8", { fatal: true });
  #parts: Buffer[] = [];
  #size = 0;

  /**
   * The lines that `chunk` completes.
   * @throws BusbarError INVALID_ARGUMENT, after yielding the good lines before it, for a line that is too long or no UTF-8.
   */
  *push(chunk: Buffer): Generator<string, void, void> {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(newline, from);
      const part = chunk.subarray(from, end === -1 ? chunk.length : end);
      this.#size += part.length;
      if (this.#size >= frameLimit) throw malformed("", `is longer than ${frameLimit} bytes`);
      this.#parts.push(part);
      if (end === -1) return;
      const line = Buffer.concat(this.#parts, this.#size);
      this.#parts = [];
      this.#size = 0;
      from = end + 1;
      if (line.length > 0) yield this.#decode(line);
    }
  }

  #decode(line: Buffer): string {
    try {
      return this.#text.decode(line);
    } catch {
      throw malformed("", "is no UTF-8");
    }
  }
}
