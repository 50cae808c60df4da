import { CastcallError, isThenable } from '../../../base/index.js';
import type { DurableTerms, LogTerms } from '../../../behaviour/gen/outward/index.js';
import { decode, encode, type Journal } from '../../../journal/index.js';
import type { Kernel } from '../../../process/record/index.js';
import { checkVersion, decodeState, encodeState, revived } from './state-record.js';
import { type Content, same } from './whole-state.js';

/*
 * A state as a log: the whole of it as it was once, and the deltas since, each with its number.
 *
 *   state NAME ─ the whole state, with the first F deltas in it
 *   delta rows ─ F + 1, F + 2, … L
 *   meta log/NAME ─ L, so that one that is missing at the end is found as well; none while L is F
 */

const FORMAT = 1;
/** Rows that are read at once. */
const SLICE = 256;
/** What a delta is in the path of an error: `delta.lines[3]`. */
const WHAT = 'delta';

type DeltaRow = readonly [number, number, number, unknown];

/** One delta that is stored. */
interface Kept {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** What the store has of one log. */
interface LogFound {
  readonly bytes: Uint8Array | undefined;
  readonly rows: readonly Kept[];
  /** the number of its last delta */
  readonly last: number | undefined;
}

export const tailOf = (name: string): string => `log/${name}`;

/** Reads what the store has under that name. Errors: `STORE_CORRUPT` for what is damaged in its place. */
export async function readLog(journal: Journal, name: string): Promise<LogFound> {
  const bytes = await journal.get('state', name);
  const rows: Kept[] = [];
  for (let after = 0; ;) {
    const slice = await journal.rows('delta', name, after, SLICE, true);
    for (const { seq, body } of slice) rows.push({ seq, bytes: body.slice() });
    const last = slice.at(-1);
    if (last === undefined) break;
    after = last.seq;
  }
  const tail = await journal.get('meta', tailOf(name));
  return { bytes, rows, last: tail === undefined ? undefined : (decode(tail) as [number, number])[1] };
}

/** A state that is stored as a log of deltas. */
export class DeltaLog implements Content {
  readonly stored: { readonly state: unknown } | undefined;
  private readonly log: LogTerms;
  /** the whole state as it was stored last, in memory of its own */
  private whole: Uint8Array | null;
  private kept: Kept[] = [];
  /** bytes of those */
  private bytes = 0;
  /** rows that have come back though the whole state has them: they go with the next compaction */
  private stale: number[] = [];
  /** of this turn */
  private fresh: Uint8Array[] = [];
  private freshBytes = 0;
  /** the number of the last delta, stored or of this turn */
  private last = 0;
  /** what is stored is not what a start would store: the next commit has the whole state */
  private due = false;
  /** the state was replaced: it counts, not the fold */
  private other = false;
  private next: Uint8Array | null = null;
  /** the fold, beside the state: in development */
  private shadow: unknown = undefined;
  constructor(
    private readonly name: string,
    private readonly journal: Journal,
    private readonly kernel: Kernel,
    private readonly terms: DurableTerms,
    { bytes, rows, last }: LogFound,
  ) {
    this.log = terms.log as LogTerms;
    this.whole = bytes === undefined ? null : bytes.slice();
    if (this.whole === null && rows.length > 0) throw this.damaged('its first state is missing');
    this.stored = this.whole === null ? undefined : { state: this.recover(this.whole, rows, last) };
  }

  /* ---- a turn ---- */

  append(self: object, delta: unknown): void {
    const { terms: { version, shape }, log } = this;
    const bytes = encode([FORMAT, version, this.last + 1, delta], WHAT).slice();
    try {
      shape.put(self, applied(log, shape.of(self), deltaOf(bytes)));
    } catch (error) {
      shape.put(self, this.fold());
      this.other = false;
      throw error;
    }
    this.fresh.push(bytes);
    this.freshBytes += bytes.length;
    this.last++;
    if (this.kernel.development) this.shadow = applied(log, this.shadow, deltaOf(bytes));
  }

  prepare(self: object): number {
    const { kernel, log } = this;
    if (this.other) return this.snapshot(this.terms.shape.of(self));
    if (kernel.development) this.compare(self);
    const full = this.kept.length + this.fresh.length >= log.deltasMax || this.bytes + this.freshBytes >= log.bytesMax;
    return full && this.fresh.length > 0 && this.compacts() ? (this.next as Uint8Array).length : this.freshBytes;
  }

  add(): boolean {
    if (this.next !== null) this.store(this.next);
    else if (this.fresh.length === 0) return false;
    else this.extend();
    this.fresh = [];
    this.freshBytes = 0;
    return true;
  }

  begin(self: object): boolean {
    const changes = this.due || this.whole === null || this.differs(self);
    if (changes) {
      this.snapshot(this.terms.shape.of(self));
      this.store(this.next as Uint8Array);
      this.due = false;
    }
    this.restart();
    return changes;
  }

  undo(self: object): void {
    this.last -= this.fresh.length;
    this.fresh = [];
    this.freshBytes = 0;
    this.next = null;
    this.other = false;
    if (this.whole === null) return;
    this.terms.shape.put(self, this.fold());
    this.restart();
  }

  replaced(): void {
    this.other = true;
  }

  /* ---- the store ---- */

  /** The rows of this turn. */
  private extend(): void {
    const { journal, name, fresh } = this;
    journal.admit(this.freshBytes);
    for (const bytes of fresh) this.kept.push({ seq: journal.append('delta', name, bytes), bytes });
    this.bytes += this.freshBytes;
    journal.put('meta', tailOf(name), encode([FORMAT, this.last], 'the length of a log'));
  }

  /** The whole state, and the rows before it go. */
  private store(next: Uint8Array): void {
    const { journal, name, kept } = this;
    journal.put('state', name, next);
    for (const { seq } of kept) journal.remove('delta', seq);
    for (const seq of this.stale) journal.remove('delta', seq);
    if (kept.length > 0) journal.drop('meta', tailOf(name));
    this.whole = next.slice();
    this.kept = [];
    this.stale = [];
    this.bytes = 0;
    this.next = null;
    this.other = false;
    if (this.kernel.development) this.restart();
  }

  private snapshot(state: unknown): number {
    this.next = encodeState(this.terms, state, this.last);
    return this.next.length;
  }

  /** False when the whole state cannot be stored: the log goes on growing. */
  private compacts(): boolean {
    try {
      this.snapshot(this.fold());
      return true;
    } catch (error) {
      this.kernel.warnOnce(
        `compact ${this.name}`, `the log of '${this.name}' cannot be compacted, and goes on growing`,
        { name: this.name, error },
      );
      return false;
    }
  }

  /* ---- the fold ---- */

  /** The state as a start would make it of what is stored, and of the deltas of this turn. */
  private fold(): unknown {
    let state = this.whole === null ? undefined : decodeState(this.whole).state;
    for (const { bytes } of this.kept) state = applied(this.log, state, deltaOf(bytes));
    for (const bytes of this.fresh) state = applied(this.log, state, deltaOf(bytes));
    return state;
  }

  /** What `restored` has changed is no delta. */
  private differs(self: object): boolean {
    const { terms, last } = this;
    try {
      return !same(encodeState(terms, terms.shape.of(self), last).slice(), encodeState(terms, this.fold(), last));
    } catch {
      return false; // it is too large to be stored as a whole, and goes on as a log
    }
  }

  /** Development: the fold begins anew beside the state. */
  private restart(): void {
    if (this.kernel.development) this.shadow = this.fold();
  }

  /** Development: a state that is not the fold is told, and becomes it. */
  private compare(self: object): void {
    const { kernel, name, terms } = this;
    try {
      if (same(encodeState(terms, terms.shape.of(self), 0).slice(), encodeState(terms, this.shadow, 0))) return;
    } catch (error) {
      kernel.warnOnce(`log ${name}`, `the state of '${name}' cannot be stored: its log cannot be compacted`, { error });
      return;
    }
    kernel.warnOnce(
      `fold ${terms.definition ?? name}`,
      `a handler of '${name}' has changed its state other than by self.append, or apply does not give the same each `
      + 'time: what counts is the log, and the state is what the log makes',
      { name },
    );
    terms.shape.put(self, this.fold());
    this.restart();
  }

  /* ---- a start ---- */

  private recover(whole: Uint8Array, rows: readonly Kept[], tail: number | undefined): unknown {
    const record = decodeState(whole);
    const { terms, log, name } = this;
    let state = revived(record, terms, name);
    const folded = record.folded ?? 0;
    this.last = folded;
    this.due = record.folded === null || record.version !== terms.version || record.definition !== terms.definition;
    for (const row of rows) {
      const [, version, number, delta] = decode(row.bytes) as DeltaRow;
      if (number <= folded) {
        this.stale.push(row.seq);
        continue;
      }
      if (number !== this.last + 1) throw this.damaged(`delta ${this.last + 1} is missing`);
      this.last = number;
      this.kept.push(row);
      this.bytes += row.bytes.length;
      state = applied(log, state, this.current(delta, version));
    }
    if (tail !== undefined && tail > this.last) throw this.damaged(`delta ${tail} is missing`);
    if (tail === undefined && this.last > folded) throw this.damaged('its length is missing');
    return state;
  }

  private current(delta: unknown, version: number): unknown {
    const { terms, log } = this;
    if (version === terms.version) return delta;
    checkVersion(`a stored delta of '${this.name}'`, version, terms.version, log.migrate, 'migrateDelta');
    this.due = true;
    return (log.migrate as NonNullable<LogTerms['migrate']>)(delta, version);
  }

  private damaged(what: string): CastcallError {
    return new CastcallError(
      'STATE_DAMAGED', `the log of '${this.name}' is damaged: ${what}; restore a backup, or let the agent begin anew: `
      + `castcall agent reset PATH ${this.name}`,
    );
  }
}

function deltaOf(bytes: Uint8Array): unknown {
  return (decode(bytes) as DeltaRow)[3];
}

function applied(log: LogTerms, state: unknown, delta: unknown): unknown {
  const made = log.apply(state, delta);
  if (made === undefined) return state;
  if (!isThenable(made)) return made;
  throw new CastcallError(
    'BAD_RETURN_VALUE', 'durable.apply returned a promise: it is synchronous, and returns the new state or nothing',
  );
}
