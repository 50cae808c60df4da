/** Listens for what would end a program: rejections that nobody handled, and uncaught exceptions. */
export class Strays {
  private readonly found: unknown[] = [];
  private readonly hear = (error: unknown): void => void this.found.push(error);

  begin(): void {
    this.found.length = 0;
    process.on('unhandledRejection', this.hear);
    process.on('uncaughtException', this.hear);
  }

  end(): void {
    process.off('unhandledRejection', this.hear);
    process.off('uncaughtException', this.hear);
  }

  /** All of them until now; Node tells of a rejection after the microtasks of its turn. */
  async seen(): Promise<unknown[]> {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    return [...this.found];
  }
}
