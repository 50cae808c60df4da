/**
 * The phrases that must all occur for a licence to be recognised. Where two licences begin with the
 * same phrase, the more specific one stands first.
 */
const SIGNATURES: readonly (readonly [id: string, opening: string, ...others: string[]])[] = [
  ['Apache-2.0', 'apache license', 'version 2.0'],
  ['AGPL-3.0', 'gnu affero general public license', 'version 3'],
  ['LGPL-3.0', 'gnu lesser general public license', 'version 3'],
  ['LGPL-2.1', 'gnu lesser general public license', 'version 2.1'],
  ['GPL-3.0', 'gnu general public license', 'version 3'],
  ['GPL-2.0', 'gnu general public license', 'version 2'],
  ['MPL-2.0', 'mozilla public license', '2.0'],
  ['BlueOak-1.0.0', 'blue oak model license'],
  ['CC-BY-4.0', 'creative commons attribution 4.0 international'],
  ['CC0-1.0', 'cc0 1.0 universal'],
  ['Unlicense', 'free and unencumbered software released into the public domain'],
  ['Zlib', 'in no event will the authors be held liable for any damages arising from the use of this software'],
  ['Python-2.0', 'python software foundation license'],
  ['BSD-3-Clause', 'redistribution and use in source and binary forms', 'endorse or promote products'],
  ['BSD-2-Clause', 'redistribution and use in source and binary forms'],
  [
    'ISC', 'permission to use, copy, modify, and/or distribute this software',
    'copyright notice and this permission notice appear',
  ],
  [
    'ISC', 'permission to use, copy, modify, and distribute this software',
    'copyright notice and this permission notice appear',
  ],
  [
    '0BSD',
    'permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted',
  ],
  ['MIT', 'permission is hereby granted, free of charge, to any person obtaining a copy'],
];

/** Licences state themselves at the top; what follows may quote the licences of bundled code. */
const HEAD_LENGTH = 2_500;

/** The SPDX id of the licence that the text opens with, or `null`: the one whose first phrase comes first. */
export function recogniseLicence(text: string): string | null {
  const head = text.toLowerCase().replace(/[\s*#>"'“”]+/g, ' ').slice(0, HEAD_LENGTH);
  let best: string | null = null;
  let bestAt = Infinity;
  for (const [id, opening, ...others] of SIGNATURES) {
    const at = head.indexOf(opening);
    if (at === -1 || at >= bestAt || !others.every((phrase) => head.includes(phrase))) continue;
    best = id;
    bestAt = at;
  }
  return best;
}

const LICENCE_NAME = /^(?:mit-|apache-)?(?:un)?(?:licen[cs]e|copying)s?(?:[-._][\w.-]*)?$/i;
const CODE_NAME = /\.(?:[cm]?[jt]sx?|json|map|html?|css|py|rb|sh)$/i;

/** True for `LICENSE`, `LICENCE.md`, `LICENSE-MIT`, `COPYING` and the like, not for `license.js`. */
export function isLicenceFile(name: string): boolean {
  return LICENCE_NAME.test(name) && !CODE_NAME.test(name);
}
