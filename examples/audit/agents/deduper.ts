import { defineAgent } from '../../../src/index.js';
import type { Books } from '../books.js';
import type { DuplicateGroup, FileFacts } from '../findings.js';
import type { Hazard } from '../hazard.js';
import { findDuplicates } from '../rules/duplicate.js';

export interface DeduperSetup {
  readonly books: Books;
  readonly index: number;
  /** how many dedupers there are */
  readonly shards: number;
  readonly hazard: Hazard;
}

/**
 * Knows all files whose hash falls into its shard. Its table dies with it, and the next incarnation
 * asks the ledgers for it before it takes any message. Whoever read a file records it in a ledger
 * first and adds it here second, so whenever a deduper dies, the table that its successor starts
 * with lacks nothing that was added before.
 */
export const Deduper = defineAgent({
  name: 'deduper',
  async init({ books, index, shards, hazard }: DeduperSetup) {
    const known = await books.shard((ledger) => this.call(ledger, 'shard', { index, shards }));
    return { hazard, files: new Map(known.map((file) => [file.path, file])) };
  },
  calls: {
    /** Adding a file again changes nothing. */
    add({ state }, file: FileFacts): void {
      state.hazard.pass();
      state.files.set(file.path, file);
    },
    duplicates({ state }): { files: number; groups: DuplicateGroup[] } {
      state.hazard.pass();
      return { files: state.files.size, groups: findDuplicates(state.files.values()) };
    },
  },
});
