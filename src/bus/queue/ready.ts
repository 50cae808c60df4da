import { Line } from '../../base/text/index.js';
import type { Standing } from '../../base/text/index.js';
import type { Item } from './item.js';

const LANES = 4;
const NORMAL = 1;

/** Whose turn it is among the items of one key, and who waits behind it. */
class KeyTurn implements Standing<KeyTurn> {
  prior: KeyTurn | null = null;
  next: KeyTurn | null = null;
  readonly behind = new Line<Item>();
  constructor(public head: Item) {}
}

/**
 * The items that can be taken: in each lane first those that came back, in the order in which they
 * did, then the others in the order of their pushes. Of a key in order one item alone is among
 * them, out with a consumer, or delayed after a failure; the others stand behind it.
 */
export class Ready {
  /** those pushed, and those that came back, by lane */
  protected readonly fresh: readonly Line<Item>[] = Array.from({ length: LANES }, () => new Line<Item>());
  protected readonly back: readonly Line<Item>[] = Array.from({ length: LANES }, () => new Line<Item>());
  private readonly normal: Line<Item>;
  /** items in other lines than `normal` */
  protected others = 0;
  /** null when keys have no order */
  private readonly turns: Map<string, KeyTurn> | null;
  /** keys for whose turn items wait, the one that has waited longest first */
  private readonly blocked = new Line<KeyTurn>();
  constructor(ordered: boolean) {
    this.normal = this.fresh[NORMAL] as Line<Item>;
    this.turns = ordered ? new Map() : null;
  }

  /** Whether an item of that key would have to wait for another one. */
  blocks(key: string | null): boolean {
    return key !== null && this.turns !== null && this.turns.has(key);
  }

  put(item: Item, returned: boolean): void {
    if (this.turns !== null && item.key !== null) {
      const turn = this.turns.get(item.key);
      if (turn === undefined) this.turns.set(item.key, new KeyTurn(item));
      else if (turn.head !== item) {
        if (turn.behind.size === 0) this.blocked.push(turn);
        enqueue(turn.behind, item);
        return;
      }
    }
    this.enter(item, returned);
  }

  /** The next one; it stays. */
  first(): Item | null {
    if (this.others === 0) return this.normal.first;
    for (let lane = LANES - 1; lane >= 0; lane--) {
      const found = (this.back[lane] as Line<Item>).first ?? (this.fresh[lane] as Line<Item>).first;
      if (found !== null) return found;
    }
    return null;
  }

  /** Takes out one that stands here; its key keeps its turn until it is `over`. */
  remove(item: Item): void {
    const line = item.line as Line<Item>;
    line.remove(item);
    item.line = null;
    if (line === this.normal) return;
    const turn = this.turns === null || item.key === null ? undefined : this.turns.get(item.key);
    if (turn === undefined || turn.behind !== line) this.others--;
    else if (line.size === 0) this.blocked.remove(turn);
  }

  /** The item is over: the next one of its key has its turn. */
  over(item: Item): void {
    if (this.turns === null || item.key === null) return;
    const turn = this.turns.get(item.key);
    if (turn?.head !== item) return;
    const next = turn.behind.shift();
    if (next === null) {
      this.turns.delete(item.key);
      return;
    }
    if (turn.behind.size === 0) this.blocked.remove(turn);
    turn.head = next;
    this.enter(next, false);
  }

  /** Whom a full queue drops: the oldest of the lowest lane, else one that waits for its key. */
  victim(): Item | null {
    for (let lane = 0; lane < LANES; lane++) {
      const found = (this.back[lane] as Line<Item>).first ?? (this.fresh[lane] as Line<Item>).first;
      if (found !== null) return found;
    }
    return this.blocked.first?.behind.first ?? null;
  }

  /** Since when the one that has waited longest could have been taken; Infinity when there is none. */
  oldest(): number {
    let since = Infinity;
    for (const { first } of [...this.fresh, ...this.back]) {
      if (first !== null) since = Math.min(since, first.since);
    }
    for (let turn = this.blocked.first; turn !== null; turn = turn.next) {
      since = Math.min(since, (turn.behind.first as Item).since);
    }
    return since;
  }

  /** All of them, also those behind their keys. O(keys that are blocked). */
  count(): number {
    let count = 0;
    for (const line of [...this.fresh, ...this.back]) count += line.size;
    for (let turn = this.blocked.first; turn !== null; turn = turn.next) count += turn.behind.size;
    return count;
  }

  private enter(item: Item, returned: boolean): void {
    const line = (returned ? this.back : this.fresh)[item.lane] as Line<Item>;
    if (line !== this.normal) this.others++;
    enqueue(line, item);
  }
}

function enqueue(line: Line<Item>, item: Item): void {
  line.push(item);
  item.line = line;
}
