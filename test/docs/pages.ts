import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './doors.js';

/** The written contract and the guides, relative to the root. */
export function guides(): string[] {
  return ['docs/semantics.md', ...readdirSync(join(root, 'docs/guides')).filter((name) => name.endsWith('.md')).sort().map((name) => `docs/guides/${name}`)];
}
