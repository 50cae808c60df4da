// What a command line sees of a store: payloads out of their frames, and all that a check can find without owning it.
import type { StoreFinding } from '../../api/durable/store.js';
import {
  faultOf, FRAME_BYTES, Head, HEAD_KEY, KINDS, type Kind, placeOf, type Table, TABLES, Tally, tallyFinding,
} from '../../journal/index.js';
import { StoreView, type ViewFacts } from '../../journal/sqlite/index.js';

/** A row or record, with its payload where its frame is whole. */
export interface Inspected {
  /** table or kind */
  readonly of: Table | Kind;
  /** 0 for a record */
  readonly seq: number;
  /** stream of a row, key of a record */
  readonly name: string;
  readonly payload: Uint8Array | undefined;
  /** what is wrong with its frame */
  readonly fault: string | null;
}

/** Rows and records that are read at once; with bodies of a MiB at most some hundred MiB. */
const SLICE = 256;

function inspected(of: Table | Kind, seq: number, name: string, body: Uint8Array): Inspected {
  const fault = faultOf(of, name, seq, body);
  return { of, seq, name, fault, payload: fault === null ? body.subarray(FRAME_BYTES) : undefined };
}

/** Reads a store that is closed, or open elsewhere, in slices. Errors are `StoreError`s. */
export class StoreInspector {
  private readonly view: StoreView;

  constructor(path: string) {
    this.view = StoreView.open(path);
  }

  facts(): ViewFacts {
    return this.view.facts();
  }

  *rows(table: Table): Generator<Inspected> {
    for (let after = 0; ;) {
      const rows = this.view.rows(table, after, SLICE);
      for (const { seq, stream, body } of rows) yield inspected(table, seq, stream, body);
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.seq;
    }
  }

  *records(kind: Kind): Generator<Inspected> {
    for (let after = ''; ;) {
      const records = this.view.records(kind, after, SLICE);
      for (const { key, body } of records) yield inspected(kind, 0, key, body);
      const last = records.at(-1);
      if (last === undefined) return;
      after = last.key;
    }
  }

  /** One row; undefined where there is none. */
  row(table: Table, at: number): Inspected | undefined {
    const [row] = this.view.rows(table, at - 1, 1);
    return row?.seq === at ? inspected(table, at, row.stream, row.body) : undefined;
  }

  /** One record; undefined where there is none. */
  entry(kind: Kind, key: string): Inspected | undefined {
    const body = this.view.get(kind, key);
    return body === undefined ? undefined : inspected(kind, 0, key, body);
  }

  /** The payload of one record; undefined where there is none, or its frame is damaged. */
  record(kind: Kind, key: string): Uint8Array | undefined {
    return this.entry(kind, key)?.payload;
  }

  /**
   * Reads everything: structure, frames, and, where nothing is written meanwhile, whether rows are
   * missing or have come back.
   */
  *check(): Generator<StoreFinding> {
    const before = this.view.facts().batches;
    const found = new Map<Table, Tally>();
    for (const table of TABLES) {
      yield* this.view.structure(table);
      const tally = new Tally();
      found.set(table, tally);
      for (const row of this.rows(table)) {
        tally.add(row.seq);
        yield* faulty(row);
      }
    }
    for (const kind of KINDS) {
      yield* this.view.structure(kind);
      for (const record of this.records(kind)) yield* faulty(record);
    }
    const payload = this.record('meta', HEAD_KEY);
    const head = payload === undefined ? null : Head.decode(payload);
    if (head === null || this.view.facts().batches !== before) return;
    for (const [table, tally] of found) {
      const finding = tallyFinding(table, head.tallies[table], tally);
      if (finding !== null) yield finding;
    }
  }

  backup(to: string): void {
    this.view.backup(to);
  }

  close(): void {
    this.view.close();
  }
}

function* faulty({ of, name, seq, fault }: Inspected): Generator<StoreFinding> {
  if (fault !== null) yield { kind: 'checksum', place: placeOf(of, name, seq), message: fault };
}
