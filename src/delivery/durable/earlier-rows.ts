import type { Journal, Table } from '../../journal/index.js';
import { type Row, StoreError } from '../../journal/port/index.js';

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

/** Rows with their bodies; one that is damaged has none, and the others are there (P38). */
export async function soundRows(
  journal: Journal, table: Table, stream: string | null, after: number, limit: number,
): Promise<readonly Row[]> {
  try {
    return await journal.rows(table, stream, after, limit, true);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    const bare = await journal.rows(table, stream, after, limit, false);
    return await Promise.all(bare.map((row) => soundRow(journal, table, row)));
  }
}

async function soundRow(journal: Journal, table: Table, bare: Row): Promise<Row> {
  try {
    const [row] = await journal.rows(table, bare.stream, bare.seq - 1, 1, true);
    return row?.seq === bare.seq ? row : bare;
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    return bare;
  }
}

function isCorrupt(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'STORE_CORRUPT';
}
