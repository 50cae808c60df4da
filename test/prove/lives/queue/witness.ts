import { goesOn } from '../story.js';
import { type Variant, Witness } from '../variant.js';

const Goes = { Jobs: 0, Turns: 1, Takes: 2 } as const;

class QueueWitness extends Witness {
  private readonly asked = new Set<number>();
  private readonly rejecting = new Set<number>();
  private readonly rejected = new Set<number>();
  private readonly taken = new Set<number>();
  private effectsSeen: readonly number[] = [];
  private letters: readonly number[] = [];
  private leases = 0;

  protected told(word: string, about: readonly unknown[]): void {
    const id = about[0] as number;
    switch (word) {
      case 'L': this.leased(id); break;
      case 'A': this.asked.add(id); break;
      case 'j': this.rejecting.add(id); break;
      case 'D': this.rejected.add(id); break;
      case 'P': this.pulled(id); break;
      case 'T': this.state(about[0] as number[]); break;
      case 'dead': this.letters = about[1] as number[]; break;
      default: this.problems.push(`an unknown word ${word}`);
    }
  }

  private leased(id: number): void {
    this.leases += 1;
    if (!this.intended.has(id)) this.faults.ghosts.push(`${id} is leased`);
    if (this.done.has(id)) this.faults.resurrected.push(`${id} was acknowledged, and is leased`);
    if (this.rejected.has(id)) this.faults.resurrected.push(`${id} was rejected, and is leased`);
  }

  private pulled(id: number): void {
    if (!this.intended.has(id)) this.faults.ghosts.push(`${id} is pulled`);
    if (this.taken.has(id)) this.faults.duplicated.push(`${id} is pulled twice`);
    this.taken.add(id);
  }

  private state(ids: readonly number[]): void {
    if (!goesOn(this.effectsSeen, ids)) this.faults.behind.push('the worker: not what it was');
    this.effectsSeen = ids;
    this.effects('the worker', ids, []);
  }

  override get figures(): Readonly<Record<string, number>> {
    return { leases: this.leases, pulled: this.taken.size, dead: this.letters.length };
  }

  close(): void {
    const effects = new Set(this.effectsSeen);
    const dead = new Set(this.letters);
    if (dead.size !== this.letters.length) this.faults.duplicated.push('a dead letter is there twice');
    let unheard = 0;
    for (const id of this.accepted) {
      if (id % 3 === Goes.Turns && !effects.has(id)) this.faults.lost.push(`${id} was accepted, without an effect`);
      if (id % 3 === Goes.Jobs && !this.asked.has(id) && !this.rejecting.has(id)) this.faults.lost.push(`job ${id}`);
      if (id % 3 === Goes.Takes && !this.taken.has(id)) unheard += 1;
    }
    // What is pulled is gone before it is handed out: one puller may have had one that it could not tell.
    if (unheard >= this.lives) this.faults.lost.push(`${unheard} pulled by nobody in ${this.lives} lives`);
    for (const id of this.rejected) if (!dead.has(id)) this.faults.lost.push(`the dead letter ${id}`);
    for (const id of dead) if (!this.rejecting.has(id)) this.faults.ghosts.push(`the dead letter ${id}`);
    for (const id of dead) if (this.done.has(id)) this.faults.duplicated.push(`${id} is done, and a dead letter`);
  }
}

export const queueVariant: Variant = {
  name: 'queues', promise: 'no accepted item lost, none acknowledged comes again, one effect in a durable agent',
  wanted: ['leases', 'pulled', 'dead'],
  witness: () => new QueueWitness(),
};
