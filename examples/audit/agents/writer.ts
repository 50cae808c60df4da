import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineAgent } from '../../../src/index.js';
import { diskErrorCode } from '../content.js';
import type { Findings } from '../findings.js';
import type { Hazard } from '../hazard.js';
import { renderReport, type Subject } from '../output/report.js';
import { renderSbom, type SbomStamp } from '../output/sbom.js';

export interface WriterSetup {
  readonly out: string;
  readonly hazard: Hazard;
}

export interface Manuscript {
  readonly subject: Subject;
  readonly stamp: SbomStamp;
  readonly findings: Findings;
}

/**
 * Renders and writes the two results. Each file appears whole or not at all (written beside, then
 * renamed), so a writer that dies half-way leaves nothing that the next one cannot overwrite.
 */
export const Writer = defineAgent({
  name: 'writer',
  init: (setup: WriterSetup) => setup,
  calls: {
    /** A full disk is no reason to crash: the next incarnation would find it as full. It refuses instead. */
    async write(self, { subject, stamp, findings }: Manuscript) {
      const { out, hazard } = self.state;
      hazard.pass();
      try {
        await mkdir(out, { recursive: true });
        await publish(join(out, 'report.md'), renderReport(subject, findings), self.signal);
        await publish(join(out, 'sbom.json'), renderSbom(subject, stamp, findings), self.signal);
      } catch (error) {
        return self.refuse('UNWRITABLE', `${out}: ${diskErrorCode(error)}`);
      }
    },
  },
});

/** A draft has a name of its own: a write that outlives its writer must not touch the successor's draft. */
async function publish(path: string, text: string, signal: AbortSignal): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`;
  try {
    await writeFile(draft, text, { signal });
    signal.throwIfAborted();
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
