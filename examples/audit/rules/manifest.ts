import type { Manifest } from '../findings.js';

const EMPTY: Manifest = {
  broken: null, name: null, version: null, licence: null, node: null, scripts: {}, dependencies: [],
};

/** Reads a package.json. Never throws: twenty years of published manifests hold every shape there is. */
export function parseManifest(text: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return { ...EMPTY, broken: 'not JSON' };
  }
  if (!isRecord(json)) return { ...EMPTY, broken: 'not an object' };
  return {
    broken: null,
    name: textOf(json['name']),
    version: versionOf(json['version']),
    licence: licenceOf(json),
    node: nodeOf(json['engines']),
    scripts: textsOf(json['scripts']),
    dependencies: dependenciesOf(json),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Half a surrogate pair, which JSON can spell, is replaced: it would make a package URL impossible. */
function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? Buffer.from(value.trim()).toString() : null;
}

/** npm publishes no version longer than this. */
const VERSION_LENGTH_MAX = 256;

function versionOf(value: unknown): string | null {
  const version = textOf(value);
  return version !== null && version.length <= VERSION_LENGTH_MAX ? version : null;
}

/** `license` as text or `{type}`, or the `licenses` list of old manifests, which meant a choice. */
function licenceOf(json: Record<string, unknown>): string | null {
  const value = json['license'] ?? json['licence'] ?? json['licenses'];
  const names = (Array.isArray(value) ? value : [value])
    .map((entry: unknown) => (isRecord(entry) ? textOf(entry['type']) : textOf(entry)))
    .filter((name) => name !== null);
  if (names.length < 2) return names[0] ?? null;
  return `(${names.join(' OR ')})`;
}

/** `engines` is an object, or in the oldest manifests a list like `["node >= 0.4"]`. */
function nodeOf(engines: unknown): string | null {
  if (isRecord(engines)) return textOf(engines['node']);
  if (!Array.isArray(engines)) return null;
  for (const entry of engines as unknown[]) {
    const match = /^node\s*(.*)$/.exec(textOf(entry) ?? '');
    if (match !== null) return textOf(match[1]);
  }
  return null;
}

function textsOf(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {};
  const texts = Object.entries(value)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(texts);
}

/** What is installed for the package to run: development dependencies are not. */
function dependenciesOf(json: Record<string, unknown>): string[] {
  const names = new Set<string>();
  for (const field of ['dependencies', 'optionalDependencies', 'peerDependencies']) {
    for (const name of Object.keys(textsOf(json[field]))) names.add(name);
  }
  return [...names].sort();
}
