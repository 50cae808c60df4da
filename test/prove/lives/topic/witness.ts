import { goesOn } from '../story.js';
import { type Variant, Witness } from '../variant.js';

/** Where a reader by name is: told to be safe, and asked for. */
interface Place {
  safe: number;
  asked: number;
  /** of this life */
  last: number | null;
}

class TopicWitness extends Witness {
  private readonly inTurn = new Set<number>();
  private readonly at = new Map<number, number>();
  private readonly places = new Map<string, Place>();
  private readonly states = new Map<string, readonly number[]>();
  private all: readonly (readonly [number, number])[] = [];
  private end = 0;
  private resumed = 0;

  override lifeBegins(): void {
    super.lifeBegins();
    for (const place of this.places.values()) place.last = null;
  }

  protected override note(word: string, about: number & string, more?: unknown): boolean {
    if (word === 'I' && more === 'turn') this.inTurn.add(about);
    return super.note(word, about);
  }

  override get again(): readonly number[] {
    return [...this.inTurn].filter((id) => !this.done.has(id));
  }

  private place(name: string): Place {
    let place = this.places.get(name);
    if (place === undefined) this.places.set(name, place = { safe: -1, asked: -1, last: null });
    return place;
  }

  protected told(word: string, about: readonly unknown[]): void {
    const [name, offset, id] = about as [string, number, number];
    switch (word) {
      case 'G': this.given(name, offset, id); break;
      case 'b': this.place(name).asked = Math.max(this.place(name).asked, offset); break;
      case 'a': this.place(name).safe = Math.max(this.place(name).safe, offset); break;
      case 'gap': this.faults.lost.push(`${name}: a gap of ${offset}`); break;
      case 'T': this.state(name, about[1] as number[]); break;
      case 'all': [this.end, this.all] = about as [number, [number, number][]]; break;
      default: this.problems.push(`an unknown word ${word}`);
    }
  }

  private given(name: string, offset: number, id: number): void {
    const place = this.place(name);
    if (place.last !== null) {
      if (offset !== place.last + 1) this.faults.wrong.push(`${name}: ${offset} after ${place.last}`);
    } else if (offset <= place.safe) this.faults.behind.push(`${name}: at ${offset}, and ${place.safe} was safe`);
    else if (offset > place.asked + 1) this.faults.lost.push(`${name}: at ${offset}, and only ${place.asked} was read`);
    if (place.last === null && place.safe >= 0) this.resumed += 1;
    place.last = offset;
    this.stands(offset, id);
  }

  private stands(offset: number, id: number): void {
    const before = this.at.get(offset);
    if (before !== undefined && before !== id) this.faults.wrong.push(`${offset}: ${id}, and it was ${before}`);
    if (!this.intended.has(id)) this.faults.ghosts.push(`${offset}: ${id}`);
    this.at.set(offset, id);
  }

  private state(name: string, ids: readonly number[]): void {
    if (!goesOn(this.states.get(name) ?? [], ids)) this.faults.behind.push(`${name}: not what it was`);
    this.states.set(name, ids);
    this.effects(name, ids, name === 'teller' ? [...this.done].filter((id) => this.inTurn.has(id)) : []);
  }

  override get figures(): Readonly<Record<string, number>> {
    return { resumed: this.resumed };
  }

  close(): void {
    const ids = this.all.map(([, id]) => id);
    if (this.all.length !== this.end) this.faults.lost.push(`${this.end - this.all.length} of ${this.end} offsets`);
    this.all.forEach(([offset, id], at) => {
      if (offset !== at) this.faults.wrong.push(`offset ${offset} in place ${at}`);
      this.stands(offset, id);
    });
    for (const [offset] of this.at) if (offset >= this.end) this.faults.lost.push(`offset ${offset}, which was read`);
    this.effects('the topic', ids, []);
    const there = new Set(ids);
    for (const id of this.accepted) if (!there.has(id)) this.faults.lost.push(`${id} was accepted`);
    const book = this.states.get('book') ?? [];
    if (book.length !== ids.length || !goesOn(ids, book)) {
      this.faults.wrong.push(`the agent has ${book.length} of ${ids.length}, or another order`);
    }
    const said = new Set(this.states.get('teller'));
    for (const id of this.inTurn) {
      if (said.has(id) !== there.has(id)) this.faults.wrong.push(`${id}: a turn, and not both of its effects`);
    }
  }
}

export const topicVariant: Variant = {
  name: 'topics', promise: 'each message once at its offset, no place goes back or skips, one effect in an agent',
  wanted: ['resumed'],
  witness: () => new TopicWitness(),
};
