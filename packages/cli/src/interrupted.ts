/** The user pressed Ctrl-C while we could still say what became of the request. Exit code 130, as shells have it. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly remedy: string | undefined;
  readonly operationId: string | undefined;

  constructor(message: string, context: { readonly remedy?: string; readonly operationId?: string } = {}) {
    super(message);
    this.remedy = context.remedy;
    this.operationId = context.operationId;
  }
}

export const interruptedExit = 130;
