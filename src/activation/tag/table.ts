import type { AgentRefImpl } from '../../behaviour/gen/index.js';
import { allRecords, decode, encode, type Journal } from '../../journal/index.js';

const FORMAT = 1;

type Row = readonly [typeof FORMAT, 'bound' | 'grouped', string, string, readonly string[]];

/** Where a tag leads: kept while the system lives, or its store. */
export interface Leads {
  readonly state: 'bound' | 'grouped';
  /** name or address */
  readonly to: string;
  readonly definition: string;
  /** of its group */
  readonly tags: readonly string[];
  /** null in a later life, until somebody says what its definition is */
  readonly ref: AgentRefImpl | null;
}

/** All tags of a system, and their records. */
export class TagTable {
  private readonly known = new Map<string, Leads>();
  constructor(
    private readonly journal: Journal | null,
    private readonly ready: Promise<void> | null,
  ) {}

  /** Reads what is there. */
  async load(): Promise<void> {
    const { journal } = this;
    if (journal === null) return;
    await this.ready;
    for await (const entries of allRecords(journal, 'tag')) {
      for (const { key, body } of entries) {
        const [, state, to, definition, tags] = decode(body) as Row;
        this.known.set(key, { state, to, definition, tags, ref: null });
      }
    }
  }

  get(tag: string): Leads | undefined {
    return this.known.get(tag);
  }

  get names(): readonly string[] {
    return [...this.known.keys()];
  }

  /** What is put without a break is one transaction, together with the message that it is put for. */
  put(tag: string, leads: Leads): void {
    const { state, to, definition, tags } = leads;
    this.journal?.put('tag', tag, encode([FORMAT, state, to, definition, tags], 'a tag'));
    this.known.set(tag, leads);
  }

  /** The same record, whose ref is known now. */
  learn(tag: string, leads: Leads): void {
    this.known.set(tag, leads);
  }

  drop(tag: string): boolean {
    if (!this.known.has(tag)) return false;
    this.journal?.drop('tag', tag);
    return this.known.delete(tag);
  }

  /** Resolves once all that was put is as safe as the store says. */
  async safe(): Promise<void> {
    await this.journal?.flush();
  }
}
