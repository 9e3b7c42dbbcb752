/** Stands in the bundles for the package of that name. */
export default class NoThreadStream {
  constructor() {
    throw new Error("pino transports need worker threads, which are not in this bundle");
  }
}
