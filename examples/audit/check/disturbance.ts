import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { dirname } from 'node:path/posix';
import { byWaste } from '../rules/duplicate.js';
import type { DirectoryFacts, FileFacts, Findings, Unreadable } from '../findings.js';

/**
 * A directory that others work in changes while it is audited: then swarm and recount have seen
 * different things, and both are right. These are the paths that differ and have, by the clock of
 * the file system, changed since `sinceMs`. What differs without having changed is a fault, and
 * stays in the comparison.
 */
export async function disturbedPaths(
  root: string, swarm: Findings, recount: Findings, sinceMs: number,
): Promise<Set<string>> {
  const disturbed = new Set<string>();
  for (const path of differingPaths(swarm, recount)) {
    if (await changedSince(root, path, sinceMs)) disturbed.add(path);
  }
  return disturbed;
}

/**
 * The findings as they were if nobody had looked at those paths, nor at packages whose evidence is
 * among them.
 */
export function withoutPaths(findings: Findings, paths: ReadonlySet<string>): Findings {
  const stays = ({ path }: { readonly path: string }): boolean => !paths.has(path);
  const shaken = new Set([...paths].map(parentOf));
  return {
    directories: findings.directories.filter(stays),
    files: findings.files.filter(stays),
    unreadable: findings.unreadable.filter(stays),
    duplicates: findings.duplicates
      .map((group) => ({ ...group, paths: group.paths.filter((path) => !paths.has(path)) }))
      .filter((group) => group.paths.length > 1)
      .sort(byWaste),
    packages: findings.packages.filter(({ path }) => !shaken.has(path)),
  };
}

function* differingPaths(swarm: Findings, recount: Findings): Generator<string> {
  const seen = new Map([...entries(swarm)].map((entry) => [entry.path, JSON.stringify(entry)]));
  for (const entry of entries(recount)) {
    if (seen.get(entry.path) !== JSON.stringify(entry)) yield entry.path;
    seen.delete(entry.path);
  }
  yield* seen.keys();
}

function* entries(
  { directories, files, unreadable }: Findings,
): Generator<DirectoryFacts | FileFacts | Unreadable> {
  for (const { path, symlinks, others } of directories) yield { path, symlinks, others };
  for (const { path, bytes, sha256 } of files) yield { path, bytes, sha256 };
  for (const { path, reason } of unreadable) yield { path, reason };
}

/**
 * Changed itself, or gone from (or come into) a directory that changed. `ctime` cannot be set back
 * by whoever changes a file.
 */
async function changedSince(root: string, path: string, sinceMs: number): Promise<boolean> {
  for (let at = path; ; at = parentOf(at)) {
    const stat = await lstat(join(root, at)).catch(() => null);
    if (stat !== null && stat.ctimeMs >= sinceMs) return true;
    // Above a directory that exists and has not changed, nothing that happened can have moved the path.
    if (at === '' || (stat !== null && at !== path)) return false;
  }
}

function parentOf(path: string): string {
  const parent = dirname(path);
  return parent === '.' ? '' : parent;
}
