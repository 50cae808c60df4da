/** What a life is to do, and how it ends: killed, or by itself once nothing is left to do. */
export interface LifeOrder {
  readonly variant: string;
  readonly path: string;
  readonly what: 'work' | 'drain';
  readonly seed: number;
  /** the first id that no life has used */
  readonly base: number;
  /** the number of this life, from 1 */
  readonly life: number;
  /** ids that an earlier life has sent under a key and that nobody has acknowledged: to be sent again */
  readonly again: readonly number[];
  /** wall clock, ms since 1970, when the store was new */
  readonly origin: number;
}

/**
 * Tells the witness, at once: a word and what it is about, JSON in one line of the pipe. Of all variants:
 * `I id` before a send, `S id` once it is accepted, `K id` once its effect is acknowledged, `R` once at work,
 * `C` and `c` around a write of the store that compacts a log, `Y text` for an error.
 */
export type Tell = (word: string, ...about: readonly unknown[]) => void;

/** What one life does: in the child. `drain` ends once everything is handled. */
export type Life = (order: LifeOrder, tell: Tell) => Promise<void>;

/** Durable things that programs are killed over, as the parent sees them. */
export interface Variant {
  readonly name: string;
  /** what must hold, in the words of a goal */
  readonly promise: string;
  /** figures that must not be 0: a proof that never gets there shows nothing */
  readonly wanted: readonly string[];
  witness(): Witness;
}

export const FAULTS = ['lost', 'duplicated', 'resurrected', 'ghosts', 'behind', 'wrong'] as const;
/**
 * - lost: accepted, and at the end without its effect; or acknowledged, and not there
 * - duplicated: two effects of one message
 * - resurrected: it was over, and comes again
 * - ghosts: nobody intended it
 * - behind: a state, or a place in a topic, that is older than what was told to be committed
 * - wrong: another content, order or time than was promised
 */
export type Fault = (typeof FAULTS)[number];

/** Hears what all lives of one store tell, and finds what contradicts it. */
export abstract class Witness {
  readonly faults: Readonly<Record<Fault, string[]>> = {
    lost: [], duplicated: [], resurrected: [], ghosts: [], behind: [], wrong: [],
  };
  readonly problems: string[] = [];
  readonly intended = new Set<number>();
  readonly accepted = new Set<number>();
  readonly done = new Set<number>();
  lives = 0;
  ready = 0;
  lines = 0;
  next = 0;
  /** the last life has told everything */
  drained = false;
  private compacting = 0;
  private rest = '';

  /** Hears what a pipe has brought; whole lines count. */
  hear(chunk: Uint8Array): void {
    const lines = (this.rest + Buffer.from(chunk).toString('latin1')).split('\n');
    this.rest = lines.pop() as string;
    for (const line of lines) {
      this.lines += 1;
      const [word, ...about] = JSON.parse(line) as [string, ...unknown[]];
      if (!this.note(word, about[0] as never, about[1])) this.told(word, about);
    }
  }

  lifeBegins(): void {
    this.lives += 1;
    this.compacting = 0;
  }

  /** The pipe has ended: a line that was not finished was never told. */
  lifeEnded(): void {
    this.rest = '';
  }

  /** a write that compacts had begun, and nothing was heard of its end */
  get amidCompaction(): boolean {
    return this.compacting > 0;
  }

  protected note(word: string, about: number & string, _more?: unknown): boolean {
    switch (word) {
      case 'I':
        this.intended.add(about);
        this.next = Math.max(this.next, about + 1);
        return true;
      case 'S': this.accepted.add(about); return true;
      case 'K': this.done.add(about); return true;
      case 'R': this.ready += 1; return true;
      case 'C': this.compacting += 1; return true;
      case 'c': this.compacting -= 1; return true;
      case 'E': this.drained = true; return true;
      case 'Y': this.problems.push(about); return true;
      default: return false;
    }
  }

  /** ids that the next life sends again */
  get again(): readonly number[] {
    return [];
  }

  /** A line of this variant. */
  protected abstract told(word: string, about: readonly unknown[]): void;

  /** After the last life, which has handled everything: the account of all. */
  abstract close(): void;

  /** What else it has counted. */
  get figures(): Readonly<Record<string, number>> {
    return {};
  }

  get total(): number {
    return FAULTS.reduce((sum, fault) => sum + this.faults[fault].length, 0);
  }

  /** Each of those ids is there once, was intended, and those that were acknowledged are there. */
  protected effects(where: string, ids: readonly number[], acknowledged: Iterable<number>): void {
    const there = new Set(ids);
    if (there.size !== ids.length) this.faults.duplicated.push(`${where}: ${twice(ids).join()} twice`);
    for (const id of there) if (!this.intended.has(id)) this.faults.ghosts.push(`${where}: ${id}`);
    for (const id of acknowledged) if (!there.has(id)) this.faults.behind.push(`${where}: without ${id}`);
  }
}

function twice(ids: readonly number[]): number[] {
  const seen = new Set<number>();
  return ids.filter((id) => seen.size === seen.add(id).size);
}
