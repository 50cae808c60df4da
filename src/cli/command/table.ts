// A table for people, or a JSON value a line for programs, written in slices: what is listed may be long.
import { codeOf } from './json.js';
import type { Input } from './command.js';

/** Rows whose widths are taken together. */
const SLICE = 256;
/** A longer cell is not shortened, and pushes what follows to the right. */
const WIDTH_MAX = 48;

const UTC = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: 'UTC' });

/** A wall clock, ms since 1970, for people; 0 and undefined for never. */
export const when = (ms: unknown): string => (
  typeof ms === 'number' && ms > 0 && Number.isFinite(ms) ? `${UTC.format(ms)} UTC` : '-'
);

/** Text for a terminal: what would steer it is told by its code. */
export const plain = (text: string): string => (
  text.replace(/\p{Cc}/gu, (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)
);

/** A reason in a list: a word, a code, or what it is; its text may hold what is nobody's business. */
export function reasonWord(reason: unknown): string {
  if (typeof reason === 'string') return reason;
  return codeOf(reason) ?? (reason instanceof Error ? reason.name : typeof reason);
}

/** What a list shows of each of its items, by the title of the column. */
export type Columns<T> = Readonly<Record<string, (item: T) => string>>;

export class Listing<T extends object> {
  private waiting: string[][] = [];
  private widths: number[];
  private begun = false;
  private readonly cells: readonly ((item: T) => string)[];
  constructor(private readonly input: Input, private readonly columns: Columns<T>) {
    this.cells = Object.values(columns);
    this.widths = Object.keys(columns).map((title) => title.length);
  }

  add(item: T): void {
    if (this.input.json) return this.input.terminal.out(JSON.stringify(item));
    this.waiting.push(this.cells.map((cell) => plain(cell(item))));
    if (this.waiting.length === SLICE) this.write();
  }

  /** Writes the rest. */
  end(): void {
    if (this.input.json) return;
    if (this.waiting.length > 0) this.write();
    else if (!this.begun) this.input.terminal.out('none');
  }

  private write(): void {
    this.widths = this.widths.map((width, at) => (
      Math.max(width, ...this.waiting.map((row) => Math.min(WIDTH_MAX, row[at]?.length ?? 0)))
    ));
    if (!this.begun) this.line(Object.keys(this.columns));
    this.begun = true;
    for (const row of this.waiting.splice(0)) this.line(row);
  }

  private line(cells: readonly string[]): void {
    this.input.terminal.out(cells.map((cell, at) => cell.padEnd(this.widths[at] ?? 0)).join('  ').trimEnd());
  }
}
