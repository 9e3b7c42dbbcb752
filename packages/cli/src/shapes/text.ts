/** proto3 has no absent string; JSON has null for it. */
export const textOrNull = (text: string | null | undefined): string | null => (text ? text : null);
