import { byText, type Findings, type LicenceFinding, type PackageFindings } from '../findings.js';
import { DependencyResolver } from '../rules/dependency.js';
import { isExpression, isSpdxId } from '../rules/licence.js';
import { npmPurl } from '../rules/purl.js';
import type { Subject } from './report.js';

/** What differs from run to run in a bill of materials. */
export interface SbomStamp {
  /** `urn:uuid:` and a UUID. */
  readonly serialNumber: string;
  /** ISO 8601, in UTC. */
  readonly timestamp: string;
}

/** The part of CycloneDX 1.6 that the audit writes. */
export interface Component {
  readonly type: 'application' | 'library';
  readonly 'bom-ref': string;
  readonly group?: string;
  readonly name: string;
  readonly version?: string;
  readonly licenses?: readonly LicenceChoice[];
  readonly purl?: string;
  readonly evidence?: { readonly occurrences: readonly { readonly location: string }[] };
}

type Acknowledged = { readonly acknowledgement: 'declared' | 'concluded' };
type LicenceChoice =
  | { readonly license: ({ readonly id: string } | { readonly name: string }) & Acknowledged }
  | ({ readonly expression: string } & Acknowledged);

export interface Bom {
  readonly $schema: string;
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.6';
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: {
    readonly timestamp: string;
    readonly tools: { readonly components: readonly { readonly type: 'application'; readonly name: string }[] };
    readonly component: Component;
  };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** The CycloneDX 1.6 bill of materials as JSON. */
export function renderSbom(subject: Subject, stamp: SbomStamp, findings: Findings): string {
  return `${JSON.stringify(buildBom(subject, stamp, findings), null, 2)}\n`;
}

/** One component per name and version; every place where it is installed is an occurrence of it. */
export function buildBom(subject: Subject, stamp: SbomStamp, { packages }: Findings): Bom {
  const byRef = new Map<string, PackageFindings[]>();
  for (const found of packages) {
    const ref = npmPurl(found.name, found.version);
    byRef.set(ref, [...(byRef.get(ref) ?? []), found]);
  }
  const entries = [...byRef].sort((left, right) => byText(left[0], right[0]));
  const resolver = new DependencyResolver(packages);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: stamp.serialNumber,
    version: 1,
    metadata: {
      timestamp: stamp.timestamp,
      tools: { components: [{ type: 'application', name: 'castcall audit' }] },
      component: { type: 'application', 'bom-ref': 'audited-directory', name: subject.name },
    },
    components: entries.map(([ref, installed]) => component(ref, installed)),
    dependencies: entries.map(([ref, installed]) => ({ ref, dependsOn: dependsOn(resolver, installed) })),
  };
}

function component(ref: string, installed: readonly PackageFindings[]): Component {
  const [{ name, version, licence } = nothing()] = installed;
  const [scope, rest] = name.startsWith('@') && name.includes('/') ? name.split('/', 2) : [undefined, name];
  const licenses = licenceChoices(licence);
  return {
    type: 'library',
    'bom-ref': ref,
    ...(scope === undefined ? {} : { group: scope }),
    name: rest ?? name,
    ...(version === null ? {} : { version }),
    ...(licenses.length === 0 ? {} : { licenses }),
    purl: ref,
    evidence: { occurrences: installed.map(({ path }) => ({ location: path === '' ? '.' : path })) },
  };
}

function nothing(): never {
  throw new Error('a component without an installed package');
}

/** The schema wants known ids as `id`, other single names as `name`, and an expression alone in its list. */
function licenceChoices({ declared, texts }: LicenceFinding): LicenceChoice[] {
  if (declared === null) return texts.map((id) => ({ license: { id, acknowledgement: 'concluded' } }));
  if (isSpdxId(declared)) return [{ license: { id: declared, acknowledgement: 'declared' } }];
  if (isExpression(declared)
    && /\s/.test(declared)) return [{ expression: declared, acknowledgement: 'declared' }];
  return [{ license: { name: declared, acknowledgement: 'declared' } }];
}

function dependsOn(resolver: DependencyResolver, installed: readonly PackageFindings[]): string[] {
  const refs = new Set<string>();
  for (const from of installed) {
    for (const found of resolver.dependenciesOf(from)) refs.add(npmPurl(found.name, found.version));
  }
  refs.delete(npmPurl(installed[0]?.name ?? '', installed[0]?.version ?? null));
  return [...refs].sort(byText);
}
