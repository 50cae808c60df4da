import { Deadline } from '../../../base/index.js';
import type { Deadlines } from '../../../base/index.js';

/** Chunks that nobody has read yet, until the handler waits for its reader. */
const AHEAD = 64;
/** ms that a handler waits for its reader; then that one is left behind. */
const PATIENCE_MS = 30_000;

/** One chunk of one attempt. */
export interface Chunk {
  readonly chunk: unknown;
  readonly attempt: number;
}

/** Reads what the handler of one delivery yields, in all its attempts. */
export class ChunkReader extends Deadline {
  readonly chunks: Chunk[] = [];
  /** it reads no more, or was too slow */
  left = false;
  /** what it has not got because it was too slow */
  missed = 0;
  private room: (() => void) | null = null;
  private wake: (() => void) | null = null;
  constructor(private readonly deadlines: Deadlines) {
    super();
  }

  /** A chunk for it; a promise when the handler has to wait until there is room again. */
  push(chunk: unknown, attempt: number): Promise<void> | null {
    if (this.left) {
      this.missed++;
      return null;
    }
    this.chunks.push({ chunk, attempt });
    this.tell();
    if (this.chunks.length < AHEAD) return null;
    this.deadlines.add(this, PATIENCE_MS);
    return new Promise((resolve) => {
      this.room = resolve;
    });
  }

  take(): Chunk | undefined {
    const chunk = this.chunks.shift();
    if (this.chunks.length < AHEAD) this.goOn();
    return chunk;
  }

  /** Resolves with the next chunk that comes, or the next `tell`. */
  come(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  tell(): void {
    const { wake } = this;
    this.wake = null;
    wake?.();
  }

  /** It reads no more. */
  leave(): void {
    this.left = true;
    this.goOn();
    this.tell();
  }

  expire(): void {
    this.leave();
  }

  private goOn(): void {
    const { room } = this;
    if (room === null) return;
    this.room = null;
    this.deadlines.remove(this);
    room();
  }
}

/** What a stream handler yields goes to who reads it; what it returns is its answer. */
export async function drained(
  items: AsyncIterator<unknown> | Iterator<unknown>,
  d: {
    readonly running: boolean;
    readonly attempts: number;
    readonly rare: { readonly reader: ChunkReader | null } | null;
  },
): Promise<unknown> {
  for (;;) {
    const step = await items.next();
    if (step.done === true) return step.value;
    if (!d.running) { // interrupted by hand, or its agent has ended
      await items.return?.(undefined);
      return undefined;
    }
    const room = d.rare === null || d.rare.reader === null ? null : d.rare.reader.push(step.value, d.attempts);
    if (room !== null) await room;
  }
}
