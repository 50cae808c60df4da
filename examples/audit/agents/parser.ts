import { basename, join } from 'node:path';
import { defineAgent, type AgentRef } from '../../../src/index.js';
import { newChunk, readContent, unreadable, type Content } from '../content.js';
import type { FileFacts, Manifest, Unreadable } from '../findings.js';
import type { Hazard } from '../hazard.js';
import { isLicenceFile, recogniseLicence } from '../rules/licence-text.js';
import { parseManifest } from '../rules/manifest.js';
import type { Progress } from './progress.js';

export interface ParserSetup {
  /** Its registered name, by which the progress view knows it. */
  readonly name: string;
  readonly root: string;
  readonly progress: AgentRef<typeof Progress>;
  readonly hazard: Hazard;
}

/** A file that was read and, where it is a manifest or a licence, understood. */
export interface ParsedFile extends FileFacts {
  readonly manifest: Manifest | null;
  readonly licenceText: string | null;
}

/**
 * Reads, hashes and parses one file at a time. It keeps nothing between files but its buffer, so any parser can take over
 * from a dead one. A file that cannot be read is an answer, not a crash.
 */
export const Parser = defineAgent({
  name: 'parser',
  init: (setup: ParserSetup) => ({ ...setup, chunk: newChunk() }),
  calls: {
    async parse(self, path: string): Promise<ParsedFile | Unreadable> {
      const { name: parser, root, progress, hazard, chunk } = self.state;
      hazard.pass();
      self.cast(progress, 'reading', { parser, path });
      const name = basename(path);
      const wantText = name === 'package.json' || isLicenceFile(name);
      try {
        const content = await readContent(join(root, path), { wantText, chunk, signal: self.signal });
        return understand(path, name, content);
      } catch (error) {
        return unreadable(path, error);
      }
    },
  },
});

function understand(path: string, name: string, { bytes, sha256, text }: Content): ParsedFile {
  const manifest = text !== null && name === 'package.json' ? parseManifest(text) : null;
  const licenceText = text !== null && manifest === null ? recogniseLicence(text) : null;
  return { path, bytes, sha256, manifest, licenceText };
}
