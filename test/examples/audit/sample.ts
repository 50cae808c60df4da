import type { Findings, PackageFindings } from '../../../examples/audit/findings.js';

/** A package about which there is nothing to say. */
export function packageNamed(
  name: string, version: string | null, path: string, more: Partial<PackageFindings> = {},
): PackageFindings {
  return {
    path, name, version, broken: null,
    licence: { declared: 'MIT', texts: [], verdict: 'declared' },
    engine: { range: null, verdict: 'any' },
    scripts: [],
    advisories: [],
    dependencies: [],
    ...more,
  };
}

export const nothingFound: Findings =
  { directories: [
    { path: '', symlinks: 0, others: 0 },
  ], files: [], unreadable: [], duplicates: [], packages: [] };
