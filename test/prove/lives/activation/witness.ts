import { goesOn } from '../story.js';
import { type Variant, Witness } from '../variant.js';
import { roomOf, wayOf } from './ways.js';

class ActivationWitness extends Witness {
  private readonly states = new Map<string, readonly number[]>();
  /** where a message was sent that starts, and no answer was heard */
  private readonly starting = new Set<string>();
  private readonly leaving = new Set<string>();
  amidActivation = 0;
  amidPassivation = 0;
  passivated = 0;

  override lifeEnded(): void {
    super.lifeEnded();
    if (this.starting.size > 0) this.amidActivation += 1;
    if (this.leaving.size > 0) this.amidPassivation += 1;
    this.starting.clear();
    this.leaving.clear();
  }

  override get again(): readonly number[] {
    return [...this.intended].filter((id) => wayOf(id) !== 'call' && !this.done.has(id));
  }

  protected told(word: string, about: readonly unknown[]): void {
    const name = about[0] as string;
    switch (word) {
      case '+': this.starting.add(name); break;
      case '-': this.starting.delete(name); break;
      case 'p': this.leaving.add(name); break;
      case 'q': this.passivated += this.leaving.delete(name) ? 1 : 0; break;
      case 'V': this.saw(name, about[1] as number, about[2] as number[]); break;
      case 'T': this.saw(name, 0, about[1] as number[]); break;
      default: this.problems.push(`an unknown word ${word}`);
    }
  }

  /** What a room begins with: all that was told to be done is there, and what was there before. */
  private saw(name: string, from: number, ids: readonly number[]): void {
    const before = this.states.get(name) ?? [];
    const now = [...before.slice(0, from), ...ids];
    if (from > before.length || !goesOn(before, now)) this.faults.behind.push(`${name}: not what it was`);
    this.states.set(name, now);
    this.effects(name, now, [...this.done].filter((id) => roomOf(id) === name));
  }

  close(): void {
    const there = new Set([...this.states.values()].flat());
    for (const id of this.intended) {
      const must = this.accepted.has(id) || this.done.has(id) || wayOf(id) !== 'call';
      if (must && !there.has(id)) this.faults.lost.push(`${id} was sent by ${wayOf(id)}`);
    }
  }

  override get figures(): Readonly<Record<string, number>> {
    const { amidActivation, amidPassivation, passivated } = this;
    return { amidActivation, amidPassivation, passivated };
  }
}

export const activationVariant: Variant = {
  name: 'addresses', promise: 'one effect of each message to an address, no state older than what was answered',
  wanted: ['amidActivation', 'amidPassivation', 'passivated'],
  witness: () => new ActivationWitness(),
};
