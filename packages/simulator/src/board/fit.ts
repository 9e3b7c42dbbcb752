/** What a list may weigh in one frame: frames end at 64 KiB, and an envelope needs room. */
const budget = 48 * 1024;

/** As many of the first items as fit one frame; measured, since texts vary. */
export function fitting<T>(items: Iterable<T>): T[] {
  const taken: T[] = [];
  let size = 0;
  for (const item of items) {
    size += Buffer.byteLength(JSON.stringify(item)) + 1;
    if (size > budget) break;
    taken.push(item);
  }
  return taken;
}
