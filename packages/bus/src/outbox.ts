/** One event that a store has committed and that has yet to reach the stream. */
export interface OutboxRow {
  /** Grows with every row, by any step. */
  readonly id: number;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A store's outbox. Rows stay for a while after their acknowledgement: JetStream acknowledges before it syncs to disk. */
export interface OutboxSource {
  /** Names the store's life (a UUID): a store that is made anew counts its ids from 1 again. */
  readonly epoch: string;
  /**
   * The highest id that is known, across restarts, to have been acknowledged; 0 or absent when that isn't recorded.
   * Asked only when the stream has outlived all it held: without it every retained row is published again.
   */
  readonly acknowledgedUpTo?: number;
  /** The first row whose id is greater, or undefined. */
  after(id: number): OutboxRow | undefined | Promise<OutboxRow | undefined>;
  /** Told after each acknowledgement; what is kept is the store's decision. */
  acknowledged(id: number): void;
}

export const messageIdOf = (epoch: string, id: number): string => `${epoch}:${id}`;

/** The outbox id in a Nats-Msg-Id; undefined when another epoch, or somebody else, wrote it. */
export function outboxIdIn(messageId: string | undefined, epoch: string): number | undefined {
  if (messageId === undefined || !messageId.startsWith(`${epoch}:`)) return undefined;
  const digits = messageId.slice(epoch.length + 1);
  return /^[0-9]{1,15}$/.test(digits) ? Number(digits) : undefined;
}
