import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './doors.js';

/** The written contract with its parts, and the guides, relative to the root. */
export function guides(): string[] {
  return ['docs/semantics.md', ...pagesOf('docs/semantics'), ...pagesOf('docs/guides')];
}

function pagesOf(folder: string): string[] {
  return readdirSync(join(root, folder)).filter((name) => name.endsWith('.md')).sort().map(
    (name) => `${folder}/${name}`,
  );
}
