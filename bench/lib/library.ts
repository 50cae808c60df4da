// The library of a revision: what all of its doors export, as one object. Which names lie behind which
// door differs between revisions; no name lies behind two.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Castcall } from './case.js';

/** Everything that the library exports whose root is the compiled `index.js` at `path`. */
export async function loadLibrary(path: string): Promise<Castcall> {
  const folder = dirname(path);
  const doors = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(^|[\\/])public\.js$/.test(name)).map((name) => join(folder, name));
  const modules = await Promise.all([path, ...doors].map(
    async (file) => await import(pathToFileURL(file).href) as object,
  ));
  return Object.assign({}, ...modules) as Castcall;
}
