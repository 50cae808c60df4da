import { sep } from 'node:path';
import type {
  EngineFinding, InstallScript, LicenceFinding, Manifest, PackageFindings, PackageInput,
} from '../findings.js';
import { packageNameAt } from './place.js';

/** What the files of one directory say about a package in it. */
export interface DirectoryEvidence {
  /** Absolute path of the audited directory. */
  readonly root: string;
  readonly directory: string;
  readonly manifest: Manifest | null;
  readonly licenceTexts: Iterable<string>;
  readonly fileNames: readonly string[];
}

/** The package that lives in a directory, or `null`. */
export function packageIn(
  { root, directory, manifest, licenceTexts, fileNames }: DirectoryEvidence,
): PackageInput | null {
  if (manifest === null) return null;
  const segments = [...root.split(sep), ...directory.split('/')].filter((segment) => segment !== '');
  const name = packageNameAt(segments, manifest);
  if (name === null) return null;
  return {
    path: directory,
    name,
    manifest,
    licenceTexts: [...new Set(licenceTexts)].sort(),
    compiles: fileNames.includes('binding.gyp'),
  };
}

export interface Verdicts {
  readonly licence: LicenceFinding;
  readonly engine: EngineFinding;
  readonly scripts: readonly InstallScript[];
  readonly advisories: readonly string[];
}

export function packageFindings({ path, name, manifest }: PackageInput, verdicts: Verdicts): PackageFindings {
  const { version, broken, dependencies } = manifest;
  return { path, name, version, broken, ...verdicts, dependencies };
}
