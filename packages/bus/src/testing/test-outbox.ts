import type { OutboxRow, OutboxSource } from "../outbox.ts";

export interface TestOutbox extends OutboxSource {
  /** Commits a row with the next id. */
  add(row?: Partial<OutboxRow>): void;
  acknowledgedUpTo?: number;
  readonly acknowledgements: readonly number[];
  /** Resolves once this id, or a later one, was acknowledged. */
  reached(id: number): Promise<void>;
}

/** An outbox in memory that keeps every row. */
export function testOutbox(epoch: string, subject = "statemgr.event.host.0.transition"): TestOutbox {
  const rows: OutboxRow[] = [];
  const acknowledgements: number[] = [];
  const waiting = new Map<() => void, number>();
  return {
    epoch,
    acknowledgements,
    add: (row) => {
      const id = rows.length + 1;
      rows.push({ id, subject, data: Buffer.from(`event ${id}`), ...row });
    },
    after: (id) => rows[id],
    acknowledged: (id) => {
      acknowledgements.push(id);
      for (const [resolve, wanted] of waiting) if (id >= wanted) resolve();
    },
    reached: (id) =>
      new Promise((resolve) => {
        if (acknowledgements.some((past) => past >= id)) resolve();
        else waiting.set(resolve, id);
      }),
  };
}
