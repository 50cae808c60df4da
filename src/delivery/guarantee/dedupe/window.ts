import { Ring } from '../../../base/index.js';
import type { Process } from '../../../process/record/index.js';

/** Messages of one sender that may be over while an earlier one is not; then intake for the pair stops. */
export const WINDOW_MAX = 1_024;

/**
 * What is remembered of the messages that one sender has sent to one destination (P25), by their
 * numbers there: those from the first that is not over. In memory it grows with reordering, never
 * with time.
 */
export class Window {
  /** the first that is not over and all after it, oldest first */
  private readonly numbers = new Ring<number>();
  /** those of them that are over */
  private readonly above = new Set<number>();

  get full(): boolean {
    return this.above.size >= WINDOW_MAX;
  }

  add(number: number): void {
    this.numbers.push(number);
  }

  /** The latest message was refused: it is none of those that it remembers. */
  withdraw(number: number): void {
    if (this.numbers.last() === number) this.numbers.pop();
    else this.mark(number); // another was sent while it was measured
  }

  /** Remembers that a message is over. */
  mark(number: number): void {
    const { numbers, above } = this;
    if (numbers.at(0) !== number) {
      above.add(number);
      return;
    }
    numbers.shift();
    while (above.size > 0 && above.delete(numbers.at(0))) numbers.shift();
  }
}

/** The windows of all senders to one destination; null stands for the outside. */
export class Windows {
  private readonly outside: Window = new Window();
  private readonly known: WeakMap<Process, Window> = new WeakMap();

  of(sender: Process | null): Window {
    if (sender === null) return this.outside;
    let window = this.known.get(sender);
    if (window === undefined) this.known.set(sender, (window = new Window()));
    return window;
  }
}
