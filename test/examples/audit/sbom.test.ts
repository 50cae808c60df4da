import { describe, expect, it } from 'vitest';
import type { LicenceFinding } from '../../../examples/audit/findings.js';
import { parseManifest } from '../../../examples/audit/rules/manifest.js';
import type { Subject } from '../../../examples/audit/output/report.js';
import { buildBom, renderSbom } from '../../../examples/audit/output/sbom.js';
import { nothingFound, packageNamed } from './sample.js';
import { schemaErrors } from './schema.js';

const subject: Subject = { name: 'node_modules', node: '20.20.2', complete: true };
const stamp = {
  serialNumber: 'urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79',
  timestamp: '2026-01-02T03:04:05.678Z',
};
const bomOf = (...packages: Parameters<typeof packageNamed>[]) =>
  buildBom(subject, stamp, { ...nothingFound, packages: packages.map((args) => packageNamed(...args)) });

describe('the schema of the tests', () => {
  it('refuses what the published one refuses', () => {
    const bom = bomOf(['a', '1.0.0', 'a']);
    expect(schemaErrors(bom)).toEqual([]);
    expect(schemaErrors({ ...bom, serialNumber: 'x' })).not.toEqual([]);
    expect(schemaErrors({ ...bom, surprise: 1 })).not.toEqual([]);
    expect(schemaErrors({ ...bom, metadata: { ...bom.metadata, timestamp: 'noon' } })).not.toEqual([]);
    expect(
      schemaErrors({
        ...bom,
        components: [{ name: 'a', type: 'library', licenses: [{ license: { id: 'Mine' } }] }],
      }),
    ).not.toEqual([]);
  });
});

describe('buildBom', () => {
  it('is valid when nothing was found', () => {
    expect(schemaErrors(bomOf())).toEqual([]);
  });

  it('makes one component of one version in several places', () => {
    const bom = bomOf(
      ['@s/a', '1.0.0', 'x/node_modules/@s/a'], ['@s/a', '1.0.0', '@s/a'], ['@s/a', '2.0.0', 'y'],
    );
    expect(schemaErrors(bom)).toEqual([]);
    expect(bom.components.map((part) => part['bom-ref']))
      .toEqual(['pkg:npm/%40s/a@1.0.0', 'pkg:npm/%40s/a@2.0.0']);
    expect(bom.components[0]).toMatchObject({
      group: '@s', name: 'a', version: '1.0.0', purl: 'pkg:npm/%40s/a@1.0.0',
      evidence: { occurrences: [{ location: 'x/node_modules/@s/a' }, { location: '@s/a' }] },
    });
  });

  it.each([
    [{ declared: 'MIT', texts: [] }, [{ license: { id: 'MIT', acknowledgement: 'declared' } }]],
    [{ declared: '(MIT OR ISC)', texts: [] }, [{ expression: '(MIT OR ISC)', acknowledgement: 'declared' }]],
    [{ declared: 'Beerware', texts: [] }, [{ license: { name: 'Beerware', acknowledgement: 'declared' } }]],
    [
      { declared: 'SEE LICENSE IN x', texts: ['MIT'] },
      [{ license: { name: 'SEE LICENSE IN x', acknowledgement: 'declared' } }],
    ],
    [{ declared: null, texts: ['ISC', 'MIT'] }, [
      { license: { id: 'ISC', acknowledgement: 'concluded' } },
      { license: { id: 'MIT', acknowledgement: 'concluded' } },
    ]],
    [{ declared: null, texts: [] }, undefined],
  ])('states the licence %j', (found, licenses) => {
    const licence: LicenceFinding = { ...found, verdict: 'declared' };
    const bom = bomOf(['a', '1.0.0', 'a', { licence }]);
    expect(schemaErrors(bom)).toEqual([]);
    expect(bom.components[0]?.licenses).toEqual(licenses);
  });

  it('finds dependencies where Node would find them', () => {
    const bom = bomOf(
      [
        'a', '1.0.0', 'a', { dependencies: ['b', 'c', 'absent', 'a'] },
      ], ['b', '1.0.0', 'b'], ['b', '2.0.0', 'a/node_modules/b', { dependencies: ['c'] }],
      ['c', '1.0.0', 'c', { dependencies: ['b'] }],
    );
    expect(schemaErrors(bom)).toEqual([]);
    expect(Object.fromEntries(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))).toEqual({
      'pkg:npm/a@1.0.0': ['pkg:npm/b@2.0.0', 'pkg:npm/c@1.0.0'],
      'pkg:npm/b@1.0.0': [],
      'pkg:npm/b@2.0.0': ['pkg:npm/c@1.0.0'],
      'pkg:npm/c@1.0.0': ['pkg:npm/b@1.0.0'],
    });
  });

  it('finds them from a project as well as from its node_modules', () => {
    const bom = bomOf(['app', '1.0.0', '', { dependencies: ['b'] }], ['b', '1.0.0', 'node_modules/b']);
    expect(bom.dependencies[0]).toEqual({ ref: 'pkg:npm/app@1.0.0', dependsOn: ['pkg:npm/b@1.0.0'] });
    expect(bom.components[0]?.evidence).toEqual({ occurrences: [{ location: '.' }] });
  });

  it('stays valid with the oddest manifests', () => {
    const odd = [
      '{"name":"\\ud800","version":"\\udc00"}', '{"name":"@/x","version":"1"}',
      `{"name":"v","version":"${'9'.repeat(2_000)}"}`, '{"name":"@only"}',
    ];
    const packages =
      odd.map(parseManifest).map(({ name, version }, index) => packageNamed(name ?? 'x', version, `p${index}`));
    const text = renderSbom(subject, stamp, { ...nothingFound, packages });
    expect(schemaErrors(JSON.parse(text))).toEqual([]);
  });
});
