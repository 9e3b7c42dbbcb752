/** Text of a peer on one line, without anything that steers a terminal. */
export const printable = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, "; ").replace(/\p{C}/gu, "\u{fffd}");
