import type { Kind, Table } from './store.js';

/** Who carries out a batch: what a store does with each of its steps. */
export interface BatchReader {
  append(table: Table, seq: number, stream: string, body: Uint8Array): void;
  remove(table: Table, seq: number): void;
  put(kind: Kind, key: string, body: Uint8Array): void;
  drop(kind: Kind, key: string): void;
}

const Step = { Append: 0, Remove: 1, Put: 2, Drop: 3 } as const;
type Step = (typeof Step)[keyof typeof Step];

/**
 * Changes that become visible together: one transaction. Filled by the journal, carried out once by
 * a store, in the order in which they were added; a later change of the same record wins.
 */
export class Batch implements BatchReader {
  private readonly steps: Step[] = [];
  private readonly places: string[] = [];
  private readonly seqs: number[] = [];
  private readonly names: string[] = [];
  private readonly bodies: (Uint8Array | null)[] = [];
  /** of all bodies */
  bytes = 0;
  /** @param number one more than that of the batch before, also over the lives of the program */
  constructor(readonly number: number) {}

  get size(): number {
    return this.steps.length;
  }

  append(table: Table, seq: number, stream: string, body: Uint8Array): void {
    this.add(Step.Append, table, seq, stream, body);
  }
  remove(table: Table, seq: number): void {
    this.add(Step.Remove, table, seq, '', null);
  }
  put(kind: Kind, key: string, body: Uint8Array): void {
    this.add(Step.Put, kind, 0, key, body);
  }
  drop(kind: Kind, key: string): void {
    this.add(Step.Drop, kind, 0, key, null);
  }

  private add(step: Step, place: string, seq: number, name: string, body: Uint8Array | null): void {
    this.steps.push(step);
    this.places.push(place);
    this.seqs.push(seq);
    this.names.push(name);
    this.bodies.push(body);
    if (body !== null) this.bytes += body.length;
  }

  /** Tells all steps, in order. */
  replay(to: BatchReader): void {
    for (let at = 0; at < this.steps.length; at++) {
      const place = this.places[at] as string;
      const name = this.names[at] as string;
      const seq = this.seqs[at] as number;
      switch (this.steps[at]) {
        case Step.Append: to.append(place as Table, seq, name, this.bodies[at] as Uint8Array); break;
        case Step.Remove: to.remove(place as Table, seq); break;
        case Step.Put: to.put(place as Kind, name, this.bodies[at] as Uint8Array); break;
        default: to.drop(place as Kind, name);
      }
    }
  }
}
