/**
 * The vocabulary of the audit: plain data that agents send each other and that the recount compares.
 * Every list is sorted and every absent value is `null`, so that two findings are equal exactly
 * when they are deeply equal.
 */

/**
 * What one directory holds. Paths are relative to the audited directory, with `/`; the directory
 * itself is `''`.
 */
export interface Listing {
  readonly directory: string;
  readonly directories: readonly string[];
  readonly files: readonly string[];
  readonly symlinks: number;
  /** Sockets, pipes and devices: counted, never opened. */
  readonly others: number;
}

/** A directory that was listed: what is in it besides files and directories. */
export interface DirectoryFacts {
  readonly path: string;
  readonly symlinks: number;
  readonly others: number;
}

/** A file whose bytes were read to the end. */
export interface FileFacts {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A file or directory that the file system refused; `reason` is its error code, such as `EACCES`. */
export interface Unreadable {
  readonly path: string;
  readonly reason: string;
}

/** The fields of a package.json that the audit uses. Wrong types count as absent. */
export interface Manifest {
  /** Why the file could not be understood, else `null`. */
  readonly broken: string | null;
  readonly name: string | null;
  readonly version: string | null;
  readonly licence: string | null;
  readonly node: string | null;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: readonly string[];
}

/** What the checkers need to know about one package. */
export interface PackageInput {
  readonly path: string;
  readonly name: string;
  readonly manifest: Manifest;
  /** Licences recognised in the texts beside the manifest. */
  readonly licenceTexts: readonly string[];
  /** A `binding.gyp` makes npm compile at install time, without any script in the manifest. */
  readonly compiles: boolean;
}

export type LicenceVerdict = 'declared' | 'text only' | 'mismatch' | 'none';

export interface LicenceFinding {
  readonly declared: string | null;
  readonly texts: readonly string[];
  readonly verdict: LicenceVerdict;
}

export type EngineVerdict = 'any' | 'met' | 'unmet' | 'unclear';

export interface EngineFinding {
  readonly range: string | null;
  readonly verdict: EngineVerdict;
}

export interface InstallScript {
  readonly event: string;
  readonly command: string;
}

export interface PackageFindings {
  readonly path: string;
  readonly name: string;
  readonly version: string | null;
  readonly broken: string | null;
  readonly licence: LicenceFinding;
  readonly engine: EngineFinding;
  readonly scripts: readonly InstallScript[];
  /** Ids, sorted. */
  readonly advisories: readonly string[];
  readonly dependencies: readonly string[];
}

/** Files with the same bytes; `paths` has at least two entries. */
export interface DuplicateGroup {
  readonly sha256: string;
  readonly bytes: number;
  readonly paths: readonly string[];
}

/** Everything the report and the bill of materials are made from. */
export interface Findings {
  readonly directories: readonly DirectoryFacts[];
  readonly files: readonly FileFacts[];
  readonly unreadable: readonly Unreadable[];
  readonly duplicates: readonly DuplicateGroup[];
  readonly packages: readonly PackageFindings[];
}

/** How many symbolic links, and how many pipes, sockets and devices. */
export function sumOf(directories: readonly DirectoryFacts[], what: 'symlinks' | 'others'): number {
  return directories.reduce((sum, directory) => sum + directory[what], 0);
}

/** Order by code unit: the same on every machine, unlike a locale's order. */
export function byText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

export function byPath(left: { readonly path: string }, right: { readonly path: string }): number {
  return byText(left.path, right.path);
}
