/** At most `size` tasks at the same time; the others wait in the order in which they came. */
export class Slots {
  #free: number;
  /** A queue with a moving head: shifting a long array would copy the rest of it each time. */
  #waiting: (() => void)[] = [];
  #head = 0;

  constructor(size: number) {
    this.#free = size;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      // The slot is handed on rather than freed, so that nobody who comes now overtakes who waits.
      const next = this.#next();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  #next(): (() => void) | undefined {
    if (this.#head < this.#waiting.length) return this.#waiting[this.#head++];
    this.#waiting = [];
    this.#head = 0;
    return undefined;
  }
}
