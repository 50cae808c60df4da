import { formatReason } from '../base/index.js';
import type { ExitReason } from '../base/index.js';
import type { Tap } from '../process/record/index.js';

const KEPT = 128;

/** What happened, by kind. */
export type TraceKind = 'spawned' | 'accepted' | 'handled' | 'exited' | 'timer' | 'note';

/** One line of the trace. */
export interface TraceEvent {
  readonly kind: TraceKind;
  /** pid, or the text of a note */
  readonly who: string;
  /** operation or exit reason */
  readonly what: string;
  readonly atMs: number;
}

/**
 * Everything that happens in a simulation, in order: all of it in a rolling hash of 64 bits, the
 * latest events in full. Two runs are the same run when their hashes are equal.
 */
export class Trace implements Tap {
  /** events so far */
  events = 0;
  private a = 0x811c9dc5;
  private b = 0x9747b28c;
  private readonly kept: TraceEvent[] = [];
  constructor(private readonly now: () => number) {}

  /** 16 hexadecimal digits. */
  get hash(): string {
    const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
    return hex(this.a) + hex(this.b);
  }

  /** The latest events, oldest first. */
  latest(): TraceEvent[] {
    const from = this.events % KEPT;
    return this.events <= KEPT ? this.kept.slice() : [...this.kept.slice(from), ...this.kept.slice(0, from)];
  }

  spawned(pid: string): void {
    this.add('spawned', pid, '');
  }
  accepted(pid: string, op: string): void {
    this.add('accepted', pid, op);
  }
  handled(pid: string, op: string): void {
    this.add('handled', pid, op);
  }
  exited(pid: string, reason: ExitReason): void {
    this.add('exited', pid, formatReason(reason));
  }
  timer(ms: number): void {
    this.add('timer', '', String(ms));
  }
  note(text: string): void {
    this.add('note', text, '');
  }

  private add(kind: TraceKind, who: string, what: string): void {
    const atMs = this.now();
    this.mix(kind);
    this.mix(who);
    this.mix(what);
    this.word(Math.round(atMs * 1_000));
    this.kept[this.events++ % KEPT] = { kind, who, what, atMs };
  }

  private mix(text: string): void {
    let { a, b } = this;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b ^ code, 0x5bd1e995) + i;
    }
    this.a = a ^ (b >>> 15);
    this.b = b | 0;
    this.word(text.length);
  }

  private word(value: number): void {
    this.a = Math.imul(this.a ^ (value & 0xffff_ffff), 0x01000193);
    this.b = Math.imul(this.b ^ (this.a >>> 13) ^ value, 0x5bd1e995);
  }
}

/** One line a event, for people. */
export function formatTrace(events: readonly TraceEvent[]): string {
  return events.map(({ kind, who, what, atMs }) =>
    `${atMs.toFixed(3).padStart(12)} ${kind.padEnd(8)} ${who}${what === '' ? '' : ` ${what}`}`).join('\n');
}
