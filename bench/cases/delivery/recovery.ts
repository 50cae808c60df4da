import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case, Castcall } from '../../lib/case.js';
import { builtLibrary, recoverProgram, root } from '../../lib/repository.js';
import { expectCount } from '../../lib/system.js';
import { BODY_BYTES } from '../journal/append.js';

const NAMES = 1_000;
const SENDERS = 1_000;
/** messages that one life leaves: they are in memory until it ends */
const LIFE = 100_000;

interface Told { readonly ms: number; readonly rssMb: number; readonly rows: number }

/** A store in which so many messages wait for 1,000 names. It is made once, and read from then on. */
async function storeWith(library: Castcall, size: number): Promise<string> {
  const folder = join(root, '.build', 'durable', `recovery-${size}`);
  const done = join(folder, 'done');
  const file = join(folder, 'store');
  if (existsSync(done)) return file;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const Notes = library.defineAgent({ init: () => ({}), casts: { note: (_self, _text: string) => undefined } });
  const text = 'x'.repeat(BODY_BYTES);
  for (let sent = 0; sent < size;) {
    const system = library.createSystem({ store: library.sqlite(file, { level: 'process' }), logger: false });
    await system.store.ready;
    const refs = Array.from({ length: NAMES }, (_, n) => system.ref(Notes, `notes-${n}`));
    for (const end = Math.min(size, sent + LIFE); sent < end; sent += SENDERS) {
      await Promise.all(refs.map((ref) => ref.deliver('note', text, { durable: true })));
    }
    await system.stop();
  }
  writeFileSync(done, '');
  return file;
}

/** What it takes a fresh process until its system is ready. */
const recovering = (field: 'ms' | 'rssMb'): Case => (library) => async (size) => {
  const file = await storeWith(library, size);
  const text = execFileSync(process.execPath, [recoverProgram, builtLibrary, file], { encoding: 'utf8' });
  const told = JSON.parse(text) as Told;
  expectCount('messages recovered', told.rows, size);
  return told[field];
};

/** Time, ms, from `createSystem` until `system.store.ready`. */
export const durableRecovery: Case = recovering('ms');
/** The most resident memory of that process, MB. */
export const durableRecoveryRss: Case = recovering('rssMb');
