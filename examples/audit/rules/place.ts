import type { Manifest } from '../findings.js';

/**
 * The name of the package that lives in a directory, or `null` when its package.json is not a package's:
 * libraries carry manifests in `dist/esm` that only set a module type, and in test fixtures that
 * nobody installs.
 *
 * Below a `node_modules` the place decides; elsewhere (a workspace) a manifest with name and
 * version is a package. `segments` are those of the absolute path, so that auditing `node_modules`
 * itself or one package in it works alike.
 */
export function packageNameAt(segments: readonly string[], manifest: Manifest): string | null {
  const inside = segments.slice(segments.lastIndexOf('node_modules') + 1);
  if (inside.length === segments.length) return manifest.version === null ? null : manifest.name;
  const [first, second] = inside;
  if (first === undefined) return null;
  if (inside.length === 1 && !first.startsWith('@') && !first.startsWith('.')) return manifest.name ?? first;
  if (inside.length === 2 && first.startsWith('@')) return manifest.name ?? `${first}/${second ?? ''}`;
  return null;
}
