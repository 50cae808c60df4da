/** What can stand in one line at a time; its neighbours belong to the line. */
export interface Standing<T> {
  prior: T | null;
  next: T | null;
}

/**
 * A queue from which anyone can step out. Its members carry the links, so that each step is O(1)
 * whatever its length; a Set or Map does not do: its first entry is behind the gaps of all those
 * that were deleted before it.
 */
export class Line<T extends Standing<T>> {
  first: T | null = null;
  last: T | null = null;
  size = 0;

  push(one: T): void {
    const { last } = this;
    one.prior = last;
    if (last === null) this.first = one;
    else last.next = one;
    this.last = one;
    this.size++;
  }

  /** Takes the first one; null when nobody is there. */
  shift(): T | null {
    const { first } = this;
    if (first !== null) this.remove(first);
    return first;
  }

  /** Takes out one that stands in it. */
  remove(one: T): void {
    const { prior, next } = one;
    if (prior === null) this.first = next;
    else prior.next = next;
    if (next === null) this.last = prior;
    else next.prior = prior;
    one.prior = null;
    one.next = null;
    this.size--;
  }
}
