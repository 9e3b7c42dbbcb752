import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeFrame, FrameReader, frameLimit, parseFrame } from "./frame.ts";

const cut = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = [];
  let from = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(from, from + size));
    from += size;
  }
  return [...chunks, bytes.subarray(from)];
};

describe("frames", () => {
  it("come out as they went in, however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue())),
        fc.array(fc.nat(20)),
        (frames, sizes) => {
          const reader = new FrameReader();
          const bytes = Buffer.from(frames.map(encodeFrame).join(""));
          const read = cut(bytes, sizes).flatMap((chunk) => [...reader.push(chunk)].map(parseFrame));
          expect(read).toEqual(JSON.parse(JSON.stringify(frames)));
        },
      ),
    );
  });

  it("end at 64 KiB, whether or not the newline ever comes", () => {
    const longest = Buffer.alloc(frameLimit - 1, "x");
    expect([...new FrameReader().push(Buffer.concat([longest, Buffer.from("\n")]))]).toEqual([longest.toString()]);
    const reader = new FrameReader();
    expect([...reader.push(longest)]).toEqual([]);
    expect(() => [...reader.push(Buffer.from("x"))]).toThrow(/longer than 65536 bytes/);
  });

  it("yield the good ones before a bad one", () => {
    const reader = new FrameReader();
    const seen: string[] = [];
    expect(() => {
      for (const line of reader.push(Buffer.from([0x31, 0x0a, 0x32, 0x0a, 0xff, 0x0a, 0x33, 0x0a]))) seen.push(line);
    }).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(seen).toEqual(["1", "2"]);
  });

  it("that are no JSON get a coded error", () => {
    expect(() => parseFrame("{oops")).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});
