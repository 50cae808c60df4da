/**
 * Scenarios are data that both sides read: atoms are strings, an array that begins with an atom is
 * a tuple, any other array is a list. Printed as an Erlang term, one scenario is one line.
 */
export type Term = string | number | readonly Term[];

export class TermError extends Error {}

const ATOM = /^[a-z][a-zA-Z0-9_]*$/;

export function isTuple(term: Term | undefined): term is readonly [string, ...Term[]] {
  return Array.isArray(term) && typeof term[0] === 'string';
}

export function printTerm(term: Term): string {
  if (typeof term === 'string') return term;
  if (typeof term === 'number') return String(term);
  const inner = term.map(printTerm).join(',');
  return isTuple(term) ? `{${inner}}` : `[${inner}]`;
}

/** Reads one term; says at which column it stops to be one. */
export function parseTerm(text: string): Term {
  const reader = new Reader(text);
  const term = reader.term();
  reader.end();
  return term;
}

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  term(): Term {
    this.space();
    const next = this.text[this.at];
    if (next === '{') return this.sequence('}', true);
    if (next === '[') return this.sequence(']', false);
    const word = /^(?:-?\d+|[a-z][a-zA-Z0-9_]*)/.exec(this.text.slice(this.at))?.[0];
    if (word === undefined) throw this.wrong('expected an atom, a whole number, {…} or […]');
    this.at += word.length;
    return ATOM.test(word) ? word : Number(word);
  }

  end(): void {
    this.space();
    if (this.text[this.at] === '.') this.at++;
    this.space();
    if (this.at < this.text.length) throw this.wrong('expected the end of the line');
  }

  private sequence(close: '}' | ']', tuple: boolean): Term {
    const opened = this.at++;
    const items: Term[] = [];
    this.space();
    while (this.text[this.at] !== close) {
      if (items.length > 0) this.expect(',');
      items.push(this.term());
      this.space();
    }
    this.at++;
    if (tuple !== (typeof items[0] === 'string')) {
      throw new TermError(`column ${opened + 1}: ${tuple
        ? 'a tuple begins with an atom'
        : 'a list of bare atoms is not used here, wrap them: [{ok},{ok}]'}`);
    }
    return items;
  }

  private expect(what: string): void {
    this.space();
    if (this.text[this.at] !== what) throw this.wrong(`expected '${what}'`);
    this.at++;
  }

  private space(): void {
    while (this.text[this.at] === ' ' || this.text[this.at] === '\t') this.at++;
  }

  private wrong(what: string): TermError {
    const found = this.at < this.text.length ? `'${this.text.slice(this.at, this.at + 12)}'` : 'the end';
    return new TermError(`column ${this.at + 1}: ${what}, found ${found}`);
  }
}
