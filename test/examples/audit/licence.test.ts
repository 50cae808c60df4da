import { describe, expect, it } from 'vitest';
import { checkLicence, isCopyleft, isExpression, licenceIds } from '../../../examples/audit/rules/licence.js';
import { isLicenceFile, recogniseLicence } from '../../../examples/audit/rules/licence-text.js';

const MIT =
  'The MIT License (MIT)\n\nCopyright (c) Somebody\n\nPermission is hereby granted, free of charge, to any person obtaining a\ncopy of this software';
const BSD2 =
  'Copyright\n\nRedistribution and use in source and binary forms, with or without\nmodification, are permitted';

describe('recogniseLicence', () => {
  it.each([
    ['MIT', MIT],
    ['BSD-2-Clause', BSD2],
    ['BSD-3-Clause', `${BSD2}. Neither the name may be used to endorse or promote products derived from this`],
    ['Apache-2.0', '                Apache License\n          Version 2.0, January 2004'],
    [
      'ISC',
      'Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission notice appear in all copies.',
    ],
    [
      '0BSD',
      'Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted.',
    ],
    ['GPL-3.0', 'GNU GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007'],
    ['LGPL-2.1', 'GNU LESSER GENERAL PUBLIC LICENSE\nVersion 2.1, February 1999'],
    [
      'MPL-2.0',
      'Mozilla Public License Version 2.0\n ... 1.12. "Secondary License" means the GNU General Public License, Version 2.0, or the GNU Affero General Public License, Version 3.0',
    ],
    ['Unlicense', 'This is free and unencumbered software released into the public domain.'],
    ['BlueOak-1.0.0', '# Blue Oak Model License\n\nVersion 1.0.0'],
  ])('recognises %s', (id, text) => {
    expect(recogniseLicence(text)).toBe(id);
  });

  it('sees through line breaks and comment marks', () => {
    expect(recogniseLicence(
      '/*\n * Permission is hereby\n * granted, free of charge, to any\n * person obtaining a copy\n */',
    )).toBe('MIT');
  });

  it('takes the licence that comes first, not one quoted for bundled code', () => {
    expect(recogniseLicence(`${MIT}\n\n# Bundled dependencies\n${BSD2}`)).toBe('MIT');
    expect(recogniseLicence(`${MIT}${' word'.repeat(1_000)}Apache License Version 2.0`)).toBe('MIT');
  });

  it('does not guess', () => {
    expect(recogniseLicence('All rights reserved.')).toBeNull();
    expect(recogniseLicence('')).toBeNull();
  });
});

describe('isLicenceFile', () => {
  it.each([
    'LICENSE', 'license', 'LICENCE.md', 'License.txt', 'LICENSE-MIT', 'MIT-LICENSE', 'COPYING', 'UNLICENSE',
    'LICENSE.BSD',
  ])('%s is one', (name) => {
    expect(isLicenceFile(name)).toBe(true);
  });

  it.each(
    ['license.js', 'licenses.json', 'LICENSE.d.ts', 'my-license-checker', 'licensed', 'index.js'],
  )('%s is none', (name) => {
    expect(isLicenceFile(name)).toBe(false);
  });
});

describe('licence expressions', () => {
  it.each([
    ['MIT', true], [
      'MIT OR Apache-2.0', true,
    ], ['(MIT AND (ISC OR 0BSD))', true], ['GPL-2.0-only WITH Classpath-exception-2.0', true],
    [
      'Apache 2.0', false,
    ], ['(MIT', false], ['MIT)', false], ['MIT OR', false], ['OR MIT', false], ['()', false], ['', false],
    ['SEE LICENSE IN LICENSE.md', false],
  ] as const)('%j is one: %j', (text, expected) => {
    expect(isExpression(text)).toBe(expected);
  });

  it('names its ids', () => {
    expect(licenceIds('(MIT OR Apache-2.0)')).toEqual(['MIT', 'Apache-2.0']);
    expect(licenceIds('GPL-2.0-only WITH Classpath-exception-2.0')).toEqual(['GPL-2.0-only']);
    expect(licenceIds('SEE LICENSE IN x')).toEqual([]);
  });

  it('knows who asks for something in return', () => {
    expect(isCopyleft('GPL-3.0-or-later')).toBe(true);
    expect(isCopyleft('(MIT OR MPL-2.0)')).toBe(true);
    expect(isCopyleft('MIT')).toBe(false);
  });
});

describe('checkLicence', () => {
  it.each([
    ['MIT', ['MIT'], 'declared'],
    ['MIT', [], 'declared'],
    ['(MIT OR Apache-2.0)', ['Apache-2.0', 'MIT'], 'declared'],
    ['GPL-3.0-or-later', ['GPL-3.0'], 'declared'],
    ['SEE LICENSE IN LICENSE.txt', ['MIT'], 'declared'],
    ['MIT', ['BSD-3-Clause'], 'mismatch'],
    [null, ['MIT'], 'text only'],
    [null, [], 'none'],
  ] as const)('declared %j with texts %j is %j', (declared, texts, verdict) => {
    expect(checkLicence(declared, texts)).toEqual({ declared, texts, verdict });
  });
});
