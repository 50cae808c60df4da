import { byText, type DuplicateGroup, type FileFacts, type PackageFindings } from '../findings.js';

/** Groups of files with equal bytes. Empty files are all alike and say nothing, so they do not count. */
export function findDuplicates(files: Iterable<FileFacts>): DuplicateGroup[] {
  const byHash = new Map<string, { bytes: number; paths: string[] }>();
  for (const { path, bytes, sha256 } of files) {
    if (bytes === 0) continue;
    const group = byHash.get(sha256);
    if (group === undefined) byHash.set(sha256, { bytes, paths: [path] });
    else group.paths.push(path);
  }
  const groups: DuplicateGroup[] = [];
  for (const [sha256, { bytes, paths }] of byHash) {
    if (paths.length > 1) groups.push({ sha256, bytes, paths: paths.sort(byText) });
  }
  return groups.sort(byWaste);
}

/** The most wasteful first; the hash breaks ties so that the order never depends on who came first. */
export function byWaste(left: DuplicateGroup, right: DuplicateGroup): number {
  return wasteOf(right) - wasteOf(left) || byText(left.sha256, right.sha256);
}

/** Bytes that would be saved if one copy were kept. */
export function wasteOf(group: DuplicateGroup): number {
  return group.bytes * (group.paths.length - 1);
}

/** A package name that is installed more than once. */
export interface RepeatedPackage {
  readonly name: string;
  /** Version (or `?`) to the places where it is installed. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
}

/** Names with several versions, or with one version in several places; those with most places first. */
export function findRepeatedPackages(packages: readonly PackageFindings[]): RepeatedPackage[] {
  const byName = new Map<string, Map<string, string[]>>();
  for (const { name, version, path } of packages) {
    const versions = byName.get(name) ?? new Map<string, string[]>();
    const places = versions.get(version ?? '?') ?? [];
    places.push(path);
    byName.set(name, versions.set(version ?? '?', places));
  }
  const repeated: RepeatedPackage[] = [];
  for (const [name, versions] of byName) {
    if (placesOf(versions) > 1) repeated.push({ name, versions });
  }
  return repeated.sort(
    (left, right) => placesOf(right.versions) - placesOf(left.versions) || byText(left.name, right.name),
  );
}

function placesOf(versions: ReadonlyMap<string, readonly string[]>): number {
  let count = 0;
  for (const places of versions.values()) count += places.length;
  return count;
}
