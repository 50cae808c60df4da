import type { Process } from '../process/index.js';

/** Handled sequences that may lie above the watermark of one sender; then intake for the pair stops. */
export const WINDOW_MAX = 1_024;

/**
 * What is remembered of the messages that one sender has sent to one destination (P25): every sequence up to the watermark is
 * settled, above it a bounded set is. In memory it grows with reordering, never with time.
 */
export class Window {
  /** the sequence of the next message */
  next = 1;
  private low = 0;
  private readonly above = new Set<number>();

  get full(): boolean {
    return this.above.size >= WINDOW_MAX;
  }

  has(sequence: number): boolean {
    return sequence <= this.low || this.above.has(sequence);
  }

  /** Remembers that a message is over. */
  mark(sequence: number): void {
    if (sequence !== this.low + 1) {
      if (sequence > this.low) this.above.add(sequence);
      return;
    }
    this.low = sequence;
    while (this.above.size > 0 && this.above.delete(this.low + 1)) this.low++;
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
