/** Leading places that are free before the rest moves up. */
const FREE_MAX = 1_024;

/** Numbers in a row, 8 bytes each: more at the end, fewer at the beginning, each by its place. */
export class Column {
  private values: number[] = [];
  private head = 0;

  static filled(size: number, value: number): Column {
    const made = new Column();
    for (let at = 0; at < size; at++) made.push(value);
    return made;
  }

  get size(): number {
    return this.values.length - this.head;
  }
  push(value: number): void {
    this.values.push(value);
  }
  /** Takes the first; the caller looks at `size`. */
  shift(): number {
    const value = this.values[this.head++] as number;
    if (this.head > FREE_MAX && this.head * 2 > this.values.length) {
      this.values = this.values.slice(this.head);
      this.head = 0;
    }
    return value;
  }
  at(place: number): number {
    return this.values[this.head + place] as number;
  }
  /** True when there was none. */
  set(place: number, value: number): boolean {
    const none = Number.isNaN(this.at(place));
    this.values[this.head + place] = value;
    return none;
  }
}
