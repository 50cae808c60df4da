import { basename, join } from 'node:path';
import { CallError, defineAgent, type AgentRef, type ProcessVerbs, type Receipt } from '../../../src/index.js';
import type { Books } from '../books.js';
import { newChunk, readContent, unreadable, type Content } from '../content.js';
import type { FileFacts, Manifest, Unreadable } from '../findings.js';
import type { Hazard } from '../hazard.js';
import { isLicenceFile, recogniseLicence } from '../rules/licence-text.js';
import { parseManifest } from '../rules/manifest.js';
import { shardOf } from '../rules/shard.js';
import { done, keyOf } from '../work.js';
import type { Deduper } from './deduper.js';
import type { Progress } from './progress.js';

export interface ParserSetup {
  readonly root: string;
  readonly books: Books;
  readonly dedupers: readonly AgentRef<typeof Deduper>[];
  readonly progress: AgentRef<typeof Progress>;
  readonly hazard: Hazard;
}

interface ParserState extends ParserSetup {
  readonly chunk: Buffer;
}

/** A file that was read and, where it is a manifest or a licence, understood. */
export interface ParsedFile extends FileFacts {
  readonly manifest: Manifest | null;
  readonly licenceText: string | null;
}

/**
 * Reads, hashes and parses one file at a time, and hands in the result. It keeps nothing between
 * files but its buffer, so its next worker can begin the file anew. When it dies after it has
 * handed in, that one hands in again under the same key, and that counts once. A file that cannot
 * be read is an answer, not a crash.
 */
export const Parser = defineAgent({
  name: 'parser',
  init: (setup: ParserSetup): ParserState => ({ ...setup, chunk: newChunk() }),
  calls: {
    async parse(self, path: string): Promise<ParsedFile | Unreadable> {
      const { progress, hazard } = self.state;
      hazard.pass();
      self.cast(progress, 'reading', { parser: self.pid, path });
      const parsed = await read(self.state, path, self.signal);
      await handIn(self, self.state, parsed);
      hazard.pass();
      return parsed;
    },
  },
});

/** Whether a file tells about the package that it lies in. */
export function isTelling(path: string): boolean {
  const name = basename(path);
  return name === 'package.json' || isLicenceFile(name);
}

async function read(
  { root, chunk }: ParserState, path: string, signal: AbortSignal,
): Promise<ParsedFile | Unreadable> {
  try {
    return understand(
      path, basename(path), await readContent(join(root, path), { wantText: isTelling(path), chunk, signal }),
    );
  } catch (error) {
    return unreadable(path, error);
  }
}

/** Recorded first, deduplicated second: this order lets a deduper rebuild its table from the ledger. */
async function handIn(
  self: ProcessVerbs, { books, dedupers }: ParserState, parsed: ParsedFile | Unreadable,
): Promise<void> {
  const { path } = parsed;
  const facts = 'reason' in parsed ? parsed : { path, bytes: parsed.bytes, sha256: parsed.sha256 };
  await accepted(self.deliver(books.of(path), 'record', facts, keyOf('record', path)));
  if ('reason' in facts) return;
  const deduper = dedupers[shardOf(facts.sha256, dedupers.length)];
  if (deduper !== undefined) await accepted(self.deliver(deduper, 'add', facts, keyOf('add', path)));
}

/**
 * A conflict means that a dead incarnation has handed in something else, before others changed the
 * file: that stays.
 */
async function accepted(sent: Promise<Receipt>): Promise<void> {
  try {
    await done(sent);
  } catch (error) {
    if (!(error instanceof CallError && error.code === 'KEY_CONFLICT')) throw error;
  }
}

function understand(path: string, name: string, { bytes, sha256, text }: Content): ParsedFile {
  const manifest = text !== null && name === 'package.json' ? parseManifest(text) : null;
  const licenceText = text !== null && manifest === null ? recogniseLicence(text) : null;
  return { path, bytes, sha256, manifest, licenceText };
}
