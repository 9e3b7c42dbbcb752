/** One after the other. */
export class Lock {
  #last: Promise<unknown> = Promise.resolve();

  async hold<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
