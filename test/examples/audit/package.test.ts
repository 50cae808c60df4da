import { describe, expect, it } from 'vitest';
import { checkEngine } from '../../../examples/audit/rules/engine.js';
import { findInstallScripts } from '../../../examples/audit/rules/install-script.js';
import { parseManifest } from '../../../examples/audit/rules/manifest.js';
import { packageIn } from '../../../examples/audit/rules/package.js';
import { packageNameAt } from '../../../examples/audit/rules/place.js';
import { npmPurl } from '../../../examples/audit/rules/purl.js';

const manifest = (json: unknown) => parseManifest(JSON.stringify(json));

describe('parseManifest', () => {
  it('reads what the audit needs', () => {
    expect(manifest({
      name: 'a', version: '1.0.0', license: 'MIT', engines: { node: '>=18' }, scripts: { install: 'x', odd: 1 },
      dependencies: { c: '1' }, optionalDependencies: { b: '1' }, devDependencies: { no: '1' },
    })).toEqual({
      broken: null, name: 'a', version: '1.0.0', licence: 'MIT', node: '>=18', scripts: {
        install: 'x',
      }, dependencies: ['b', 'c'],
    });
  });

  it.each([
    [{ license: { type: 'ISC', url: 'x' } }, 'ISC'],
    [{ licenses: [{ type: 'MIT' }, { type: 'GPL-2.0' }] }, '(MIT OR GPL-2.0)'],
    [{ licenses: [{ type: 'MIT' }] }, 'MIT'],
    [{ license: '  ' }, null],
    [{ license: 7 }, null],
  ])('finds the licence in %j', (json, licence) => {
    expect(manifest(json).licence).toBe(licence);
  });

  it.each([
    [{ engines: ['node >= 0.4', 'npm'] }, '>= 0.4'],
    [{ engines: { npm: '>=3' } }, null],
    [{ engines: 'node' }, null],
  ])('finds the engine in %j', (json, node) => {
    expect(manifest(json).node).toBe(node);
  });

  it('says why a manifest is broken, and never throws', () => {
    expect(parseManifest('{').broken).toBe('not JSON');
    expect(parseManifest('[]').broken).toBe('not an object');
    expect(parseManifest('null').broken).toBe('not an object');
    expect(parseManifest('\uFEFF{"name":"bom"}').name).toBe('bom');
  });

  it('survives names that objects have anyway', () => {
    const odd = parseManifest(
      '{"scripts":{"__proto__":"x","constructor":"y"},"dependencies":{"__proto__":"1"}}',
    );
    expect(findInstallScripts(odd, false)).toEqual([]);
    expect(odd.dependencies).toEqual(['__proto__']);
  });
});

describe('packageNameAt', () => {
  const named = manifest({ name: 'own-name', version: '1.0.0' });
  const bare = manifest({ type: 'module' });
  it.each([
    ['/p/node_modules/x', named, 'own-name'],
    ['/p/node_modules/x', bare, 'x'],
    ['/p/node_modules/@s/x', bare, '@s/x'],
    ['/p/node_modules/x/node_modules/y', bare, 'y'],
    ['/p/node_modules/.store/x@1/node_modules/x', bare, 'x'],
    ['/p/node_modules/x/dist/esm', bare, null],
    ['/p/node_modules/x/test/fixture', named, null],
    ['/p/node_modules/@s', named, null],
    ['/p/node_modules/.cache', named, null],
    ['/p/node_modules', named, null],
    ['/p/packages/x', named, 'own-name'],
    ['/p/packages/x', bare, null],
  ])('%s', (path, found, name) => {
    expect(packageNameAt(path.split('/').slice(1), found)).toBe(name);
  });
});

describe('packageIn', () => {
  it('gathers the evidence of one directory', () => {
    const found = packageIn({
      root: '/p/node_modules', directory: 'x', manifest: manifest(
        { name: 'x' },
      ), licenceTexts: ['MIT', 'ISC', 'MIT'], fileNames: ['binding.gyp'],
    });
    expect(found).toMatchObject({ path: 'x', name: 'x', licenceTexts: ['ISC', 'MIT'], compiles: true });
  });

  it('finds none without a manifest', () => {
    expect(
      packageIn({ root: '/p', directory: 'x', manifest: null, licenceTexts: [], fileNames: [] }),
    ).toBeNull();
  });
});

describe('findInstallScripts', () => {
  it('lists what npm would run, in its order', () => {
    const scripts = findInstallScripts(
      manifest({
        scripts: { postinstall: 'c', preinstall: 'a', install: 'b', test: 'no', prepare: 'no' },
      }), false,
    );
    expect(scripts.map(({ event, command }) => `${event} ${command}`)).toEqual(
      ['preinstall a', 'install b', 'postinstall c'],
    );
  });

  it('knows that a binding.gyp compiles, unless the package says otherwise', () => {
    expect(findInstallScripts(manifest({}), true)).toEqual(
      [{ event: 'install', command: 'node-gyp rebuild (binding.gyp)' }],
    );
    expect(findInstallScripts(manifest({ scripts: { postinstall: 'c' } }), true)).toHaveLength(2);
    expect(findInstallScripts(manifest({ scripts: { install: 'mine' } }), true)).toEqual(
      [{ event: 'install', command: 'mine' }],
    );
  });
});

describe('checkEngine', () => {
  it.each(
    [[null, 'any'], ['>=18', 'met'], ['>=22', 'unmet'], ['soon', 'unclear']] as const,
  )('%j is %s', (range, verdict) => {
    expect(checkEngine(range, '20.20.2')).toEqual({ range, verdict });
  });
});

describe('npmPurl', () => {
  it.each([
    ['left-pad', '1.3.0', 'pkg:npm/left-pad@1.3.0'],
    ['@types/node', '20.0.0', 'pkg:npm/%40types/node@20.0.0'],
    ['a', '1.0.0+build 1', 'pkg:npm/a@1.0.0%2Bbuild%201'],
    ['a', null, 'pkg:npm/a'],
  ])('%s %s', (name, version, purl) => {
    expect(npmPurl(name, version)).toBe(purl);
  });
});
