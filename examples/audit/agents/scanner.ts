import { defineAgent } from '../../../src/index.js';
import { listDirectory, unreadable } from '../content.js';
import type { Listing, Unreadable } from '../findings.js';
import type { Hazard } from '../hazard.js';

export interface ScannerSetup {
  readonly root: string;
  /** Where the report goes: it must not audit itself. */
  readonly excluded: string;
  readonly hazard: Hazard;
}

/**
 * Lists directories, one per call. It remembers nothing, so asking again is all it takes to survive
 * its death.
 */
export const Scanner = defineAgent({
  name: 'scanner',
  init: (setup: ScannerSetup) => setup,
  calls: {
    async list({ state }, directory: string): Promise<Listing | Unreadable> {
      state.hazard.pass();
      try {
        return await listDirectory(state.root, directory, state.excluded);
      } catch (error) {
        return unreadable(directory, error);
      }
    },
  },
});
