/**
 * Patterns by their segments, and what is kept under each. `*` stands for one segment, `**` at the
 * end for any number of them, from none.
 *
 *   orders ─┬─ eu ── created ▸ [ … ]
 *           ├─ *  ── created ▸ [ … ]
 *           └─ **             ▸ [ … ]
 *
 * A match walks at most two branches a segment: the segment's own and that of `*`. Most nodes have
 * one child: it is kept in two fields, and a Map comes with the second.
 */
export class PatternTrie<T> {
  private readonly root = new Node<T>();
  /** entries under all patterns */
  size = 0;
  /** goes up with every change, so that what was matched before can be told from what would be now */
  version = 0;

  add(pattern: readonly string[], value: T): void {
    let node = this.root;
    for (const segment of pattern) node = node.make(segment);
    node.values = node.values === null ? [value] : [...node.values, value];
    this.size++;
    this.version++;
  }

  /** False when it is not there. */
  remove(pattern: readonly string[], value: T): boolean {
    const path = [this.root];
    for (const segment of pattern) {
      const next = (path.at(-1) as Node<T>).child(segment);
      if (next === null) return false;
      path.push(next);
    }
    const last = path.at(-1) as Node<T>;
    if (last.values === null || !last.values.includes(value)) return false;
    const left = last.values.filter((one) => one !== value);
    last.values = left.length === 0 ? null : left;
    this.size--;
    this.version++;
    for (let at = pattern.length; at > 0 && (path[at] as Node<T>).empty; at--) {
      (path[at - 1] as Node<T>).drop(pattern[at - 1] as string);
    }
    return true;
  }

  /** What is kept under all patterns that a name fits; each once. */
  match(name: readonly string[]): T[] {
    const found: T[] = [];
    collect(this.root, name, 0, found);
    return found;
  }

  /** The same for all patterns, in no order. */
  all(): T[] {
    const found: T[] = [];
    everything(this.root, found);
    return found;
  }
}

class Node<T> {
  values: readonly T[] | null = null;
  /** the node of `*` */
  one: Node<T> | null = null;
  /** the node of `**`, which has no children */
  rest: Node<T> | null = null;
  private key: string | null = null;
  private only: Node<T> | null = null;
  private more: Map<string, Node<T>> | null = null;

  get empty(): boolean {
    return this.values === null && this.one === null && this.rest === null && this.key === null
      && this.more === null;
  }

  /** The node of a plain segment. */
  named(segment: string): Node<T> | null {
    if (segment === this.key) return this.only;
    return this.more === null ? null : this.more.get(segment) ?? null;
  }

  child(segment: string): Node<T> | null {
    return segment === '*' ? this.one : segment === '**' ? this.rest : this.named(segment);
  }

  make(segment: string): Node<T> {
    if (segment === '*') return (this.one ??= new Node());
    if (segment === '**') return (this.rest ??= new Node());
    const known = this.named(segment);
    if (known !== null) return known;
    const made = new Node<T>();
    if (this.key === null) {
      this.key = segment;
      this.only = made;
    } else (this.more ??= new Map()).set(segment, made);
    return made;
  }

  drop(segment: string): void {
    if (segment === '*') this.one = null;
    else if (segment === '**') this.rest = null;
    else if (segment === this.key) {
      this.key = null;
      this.only = null;
    } else if (this.more !== null) {
      this.more.delete(segment);
      if (this.more.size === 0) this.more = null;
    }
  }

  children(): Iterable<Node<T>> {
    const single = [this.one, this.rest, this.only].filter((node) => node !== null);
    return this.more === null ? single : [...single, ...this.more.values()];
  }
}

function collect<T>(node: Node<T>, name: readonly string[], at: number, found: T[]): void {
  if (node.rest !== null) push(found, node.rest.values);
  if (at === name.length) {
    push(found, node.values);
    return;
  }
  const named = node.named(name[at] as string);
  if (named !== null) collect(named, name, at + 1, found);
  if (node.one !== null) collect(node.one, name, at + 1, found);
}

function push<T>(found: T[], values: readonly T[] | null): void {
  if (values !== null) for (const value of values) found.push(value);
}

function everything<T>(node: Node<T>, found: T[]): void {
  push(found, node.values);
  for (const child of node.children()) everything(child, found);
}
