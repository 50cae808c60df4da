// What a child has told before it was killed. It writes one line at a time into a pipe, before or after
// the step that the line is about; what is in the pipe survives the child.
import { StringDecoder } from 'node:string_decoder';
import { mixed } from '../subject/payload.js';

/** Flags of an id; ids are dense whole numbers. */
const Told = { Intended: 1, Accepted: 2, Done: 4 } as const;
/** What a look at the store has shown: its effect is there, or it never came about. */
const Seen = { Effect: 8, Nothing: 16 } as const;

/** A copy of the store that a child asked for, and which ids it must have. */
export interface BackupClaim {
  readonly path: string;
  readonly accepted: readonly number[];
  done: boolean;
}

/** Every id that any life has told of, and how far it got. Cheap for millions of them. */
export class Claims {
  private flags: Uint8Array = new Uint8Array(4_096);
  private decoder = new StringDecoder('utf8');
  private rest = '';
  /** ids whose end no look at the store has shown so far */
  readonly open = new Set<number>();
  /** codes of the errors that children have told, by how often */
  readonly errors = new Map<string, number>();
  /** errors without a code of ours */
  readonly untyped: string[] = [];
  backups: BackupClaim[] = [];
  /** the least id that nobody has used */
  next = 0;
  accepted = 0;
  done = 0;
  opened = 0;
  ready = 0;
  /** what was settled: how many, and a mix of their ids as the states have it */
  settled = 0;
  settledMix = 0;

  /** Hears what a pipe has brought; whole lines count. */
  hear(chunk: Uint8Array): void {
    const lines = (this.rest + this.decoder.write(Buffer.from(chunk))).split('\n');
    this.rest = lines.pop() as string;
    for (const line of lines) this.note(line);
  }

  /** The pipe has ended: a line that was not finished was never told. */
  lifeEnded(): void {
    this.rest = '';
    this.decoder = new StringDecoder('utf8');
  }

  private note(line: string): void {
    const text = line.slice(2);
    switch (line[0]) {
      case 'I': this.set(Number(text), Told.Intended); break;
      case 'S': this.accepted += this.set(Number(text), Told.Accepted); break;
      case 'K': this.done += this.set(Number(text), Told.Done); break;
      case 'O': this.opened += 1; break;
      case 'R': this.ready += 1; break;
      case 'B': this.backups.push({ path: text, accepted: this.acceptedOpen(), done: false }); break;
      case 'C': for (const backup of this.backups) if (backup.path === text) backup.done = true; break;
      case 'X': this.errors.set(text, (this.errors.get(text) ?? 0) + 1); break;
      case 'Y': this.untyped.push(text); break;
      default: throw new Error(`the witness heard a line that it does not know: ${line}`);
    }
  }

  private acceptedOpen(): number[] {
    return [...this.open].filter((id) => this.isAccepted(id));
  }

  private set(id: number, flag: number): 0 | 1 {
    if (!Number.isInteger(id) || id < 0) throw new Error(`the witness heard of an id that is none: ${id}`);
    while (id >= this.flags.length) {
      const longer = new Uint8Array(this.flags.length * 2);
      longer.set(this.flags);
      this.flags = longer;
    }
    const before = this.flags[id] as number;
    this.flags[id] = before | flag;
    if (flag === Told.Intended) this.open.add(id);
    this.next = Math.max(this.next, id + 1);
    return (before & flag) === 0 ? 1 : 0;
  }

  private has(id: number, flag: number): boolean {
    return ((this.flags[id] ?? 0) & flag) !== 0;
  }

  isIntended(id: number): boolean {
    return this.has(id, Told.Intended);
  }
  isAccepted(id: number): boolean {
    return this.has(id, Told.Accepted);
  }
  /** its effect was acknowledged */
  isDone(id: number): boolean {
    return this.has(id, Told.Done);
  }
  /** its effect was seen in the store, whose record of it was removed since */
  isSettled(id: number): boolean {
    return this.has(id, Seen.Effect);
  }
  /** it was in the store nowhere, after a life that had intended it */
  isNothing(id: number): boolean {
    return this.has(id, Seen.Nothing);
  }

  settle(id: number): void {
    if (this.set(id, Seen.Effect) === 0) return;
    this.settled += 1;
    this.settledMix = mixed(this.settledMix, id);
    this.open.delete(id);
  }
  nothing(id: number): void {
    this.set(id, Seen.Nothing);
    this.open.delete(id);
  }
}
