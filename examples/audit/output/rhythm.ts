/** Says when something that happens every so often is due next. */
export class Rhythm {
  readonly #everyMs: number;
  #lastAt = performance.now();

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Whole milliseconds, rounded up; 0 when it is overdue. */
  dueInMs(): number {
    return Math.max(0, Math.ceil(this.#lastAt + this.#everyMs - performance.now()));
  }

  beat(): void {
    this.#lastAt = performance.now();
  }
}
