import type { Table } from '../../journal/index.js';

/** Rows of earlier lives, by table and stream, until somebody wants them: eight bytes each. */
export class EarlierRows {
  private readonly tables = new Map<Table, Map<string, number[]>>();

  add(table: Table, stream: string, seq: number): void {
    let streams = this.tables.get(table);
    if (streams === undefined) this.tables.set(table, (streams = new Map()));
    const known = streams.get(stream);
    if (known === undefined) streams.set(stream, [seq]);
    else known.push(seq);
  }

  /** In order; from now on they are not here. */
  take(table: Table, stream: string): readonly number[] {
    const streams = this.tables.get(table);
    const seqs = streams?.get(stream) ?? [];
    streams?.delete(stream);
    return seqs;
  }

  streams(table: Table): readonly string[] {
    return [...this.tables.get(table)?.keys() ?? []];
  }
}
