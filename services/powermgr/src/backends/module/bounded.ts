/** What `work` resolves to, or what `late` says once `limitMs` are over; the work itself goes on. */
export function bounded<Value>(
  work: Promise<Value>,
  limitMs: number,
  late: () => Value | Promise<Value>,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      try {
        resolve(late());
      } catch (error) {
        reject(error);
      }
    }, limitMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
