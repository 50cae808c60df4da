import { goesOn } from '../story.js';
import { type Variant, Witness } from '../variant.js';

const AGENTS = 3;

class CompactionWitness extends Witness {
  private readonly states = new Map<string, readonly number[]>();

  override get again(): readonly number[] {
    return [...this.intended].filter((id) => !this.done.has(id));
  }

  protected told(word: string, about: readonly unknown[]): void {
    if (word !== 'T') return void this.problems.push(`an unknown word ${word}`);
    const [name, ids] = about as [string, number[]];
    if (!goesOn(this.states.get(name) ?? [], ids)) this.faults.behind.push(`${name}: not what it was`);
    this.states.set(name, ids);
    const own = [...this.done].filter((id) => `log-${id % AGENTS}` === name);
    this.effects(name, ids, own);
  }

  close(): void {
    const there = new Set([...this.states.values()].flat());
    for (const id of this.intended) if (!there.has(id)) this.faults.lost.push(`${id} was sent`);
  }
}

export const compactionVariant: Variant = {
  name: 'logs', promise: 'each delta once, no state older than what was acknowledged, also while a log is compacted',
  wanted: ['amidCompaction'],
  witness: () => new CompactionWitness(),
};
