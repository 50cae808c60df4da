import { packed } from './pack.js';
import { KINDS, type Kind, type Table, TABLES } from './store.js';

/** Who carries out a batch: what a store does with each of its steps. */
export interface BatchReader {
  append(table: Table, seq: number, stream: string, body: Uint8Array): void;
  remove(table: Table, seq: number): void;
  put(kind: Kind, key: string, body: Uint8Array): void;
  drop(kind: Kind, key: string): void;
}

const Step = { Append: 0, Remove: 1, Put: 2, Drop: 3 } as const;
/** Where a step is carried out, by number. */
const PLACES = [...TABLES, ...KINDS] as const;
const NUMBER_OF = Object.fromEntries(PLACES.map((place, at) => [place, at])) as Record<Table | Kind, number>;
/** A code is `step * STEP + number of the place`. */
export const STEP = 16;

/**
 * Changes that become visible together: one transaction. Filled by the journal, carried out once by
 * a store, in the order in which they were added; a later change of the same record wins.
 */
export class Batch implements BatchReader {
  private readonly codes: number[] = [];
  private readonly seqs: number[] = [];
  private readonly names: string[] = [];
  private readonly bodies: (Uint8Array | null)[] = [];
  /** of all bodies */
  bytes = 0;
  /** @param number one more than that of the batch before, also over the lives of the program */
  constructor(readonly number: number) {}

  get size(): number {
    return this.codes.length;
  }

  append(table: Table, seq: number, stream: string, body: Uint8Array): void {
    this.add(Step.Append * STEP + NUMBER_OF[table], seq, stream, body);
  }
  remove(table: Table, seq: number): void {
    this.add(Step.Remove * STEP + NUMBER_OF[table], seq, '', null);
  }
  put(kind: Kind, key: string, body: Uint8Array): void {
    this.add(Step.Put * STEP + NUMBER_OF[kind], 0, key, body);
  }
  drop(kind: Kind, key: string): void {
    this.add(Step.Drop * STEP + NUMBER_OF[kind], 0, key, null);
  }

  private add(code: number, seq: number, name: string, body: Uint8Array | null): void {
    this.codes.push(code);
    this.seqs.push(seq);
    this.names.push(name);
    this.bodies.push(body);
    if (body !== null) this.bytes += body.length;
  }

  /** Tells all steps, in order. */
  replay(to: BatchReader): void {
    for (let at = 0; at < this.codes.length; at++) {
      const code = this.codes[at] as number;
      const place = PLACES[code % STEP];
      const name = this.names[at] as string;
      const seq = this.seqs[at] as number;
      switch (Math.floor(code / STEP)) {
        case Step.Append: to.append(place as Table, seq, name, this.bodies[at] as Uint8Array); break;
        case Step.Remove: to.remove(place as Table, seq); break;
        case Step.Put: to.put(place as Kind, name, this.bodies[at] as Uint8Array); break;
        default: to.drop(place as Kind, name);
      }
    }
  }

  /** All steps in one buffer, copied, for another thread: see pack.ts; the codes are those of `STEP`. */
  pack(): ArrayBuffer {
    return packed(this.codes, this.seqs, this.names, this.bodies, this.bytes);
  }
}
