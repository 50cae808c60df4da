import { satisfies } from './version-range.js';

interface Advisory {
  readonly id: string;
  readonly name: string;
  /** The versions that it is about. */
  readonly range: string;
}

/** A few well-known ones: enough to ask for, not a database to rely on. */
const ADVISORIES: readonly Advisory[] = [
  { id: 'CVE-2020-28469', name: 'glob-parent', range: '<5.1.2' },
  { id: 'CVE-2021-3807', name: 'ansi-regex', range: '3.0.0 || >=4.0.0 <4.1.1 || 5.0.0 || 6.0.0' },
  { id: 'CVE-2021-23337', name: 'lodash', range: '<4.17.21' },
  { id: 'CVE-2021-44906', name: 'minimist', range: '<0.2.4 || >=1.0.0 <1.2.6' },
  { id: 'CVE-2022-3517', name: 'minimatch', range: '<3.0.5' },
  { id: 'CVE-2022-25883', name: 'semver', range: '<5.7.2 || >=6.0.0 <6.3.1 || >=7.0.0 <7.5.2' },
  { id: 'CVE-2022-46175', name: 'json5', range: '<1.0.2 || >=2.0.0 <2.2.2' },
  { id: 'CVE-2023-26115', name: 'word-wrap', range: '<1.2.4' },
  { id: 'CVE-2024-4068', name: 'braces', range: '<3.0.3' },
  { id: 'CVE-2024-21538', name: 'cross-spawn', range: '<6.0.6 || >=7.0.0 <7.0.5' },
  { id: 'CVE-2024-55565', name: 'nanoid', range: '<3.3.8 || >=4.0.0 <5.0.9' },
];

/** The ids of the advisories about one version of a package, sorted. */
export function findAdvisories(name: string, version: string | null): string[] {
  if (version === null) return [];
  return ADVISORIES.filter((advisory) => advisory.name === name
    && satisfies(version, advisory.range) === true).map(
    ({ id }) => id,
  );
}
