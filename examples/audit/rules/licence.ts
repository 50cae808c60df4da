import type { LicenceFinding } from '../findings.js';

/** Compares what the manifest declares with what the licence texts beside it say. */
export function checkLicence(declared: string | null, texts: readonly string[]): LicenceFinding {
  if (declared === null) return { declared, texts, verdict: texts.length > 0 ? 'text only' : 'none' };
  const ids = licenceIds(declared);
  // `SEE LICENSE IN …` and free words name no id, so no text can contradict them.
  const comparable = ids.length > 0 && texts.length > 0;
  const mismatch = comparable && !texts.some((text) => ids.some((id) => sameLicence(id, text)));
  return { declared, texts, verdict: mismatch ? 'mismatch' : 'declared' };
}

/**
 * The ids inside a licence expression: `(MIT OR Apache-2.0)` has two, free words such as
 * `SEE LICENSE IN x` none.
 */
export function licenceIds(expression: string): string[] {
  if (!isExpression(expression)) return [];
  return expression
    .replace(/\bWITH\s+[\w.-]+/g, ' ')
    .split(/[()\s]+/)
    .filter((word) => word !== '' && word !== 'AND' && word !== 'OR');
}

/**
 * True when the text has the form of an SPDX expression: ids joined by AND, OR and WITH, with
 * parentheses in balance.
 */
export function isExpression(text: string): boolean {
  let open = 0;
  let wantsId = true;
  for (const token of text.match(/[()]|[^()\s]+/g) ?? []) {
    if (token === '(' ? !wantsId : token === ')' && wantsId) return false;
    if (token === '(') open++;
    else if (token === ')') open--;
    else if (/^(?:AND|OR|WITH)$/.test(token) === wantsId || !/^[\w.+:-]+$/.test(token)) return false;
    else wantsId = !wantsId;
    if (open < 0) return false;
  }
  return open === 0 && !wantsId;
}

/**
 * `GPL-3.0-or-later`, `GPL-3.0-only` and `GPL-3.0+` share one text with `GPL-3.0`; `0BSD` and `ISC`
 * share most of theirs.
 */
function sameLicence(id: string, recognised: string): boolean {
  const plain = id.replace(/(?:-or-later|-only|\+)$/, '');
  return plain.toLowerCase() === recognised.toLowerCase();
}

/**
 * Ids that every SPDX list since 2.0 knows and that packages use; others are given to a bill of
 * materials by name.
 */
const SPDX_IDS: ReadonlySet<string> = new Set([
  '0BSD', 'AFL-2.1', 'AFL-3.0', 'AGPL-3.0-only', 'AGPL-3.0-or-later', 'Apache-2.0', 'Artistic-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause', 'BSL-1.0', 'BlueOak-1.0.0', 'CC-BY-3.0', 'CC-BY-4.0', 'CC-BY-SA-4.0', 'CC0-1.0',
  'EPL-1.0', 'EPL-2.0',
  'GPL-2.0-only', 'GPL-2.0-or-later', 'GPL-3.0-only', 'GPL-3.0-or-later', 'ISC', 'LGPL-2.1-only',
  'LGPL-2.1-or-later',
  'LGPL-3.0-only', 'LGPL-3.0-or-later', 'MIT', 'MIT-0', 'MPL-2.0', 'MS-PL', 'OFL-1.1', 'PSF-2.0', 'Python-2.0',
  'Unicode-3.0', 'Unicode-DFS-2016', 'Unlicense', 'W3C', 'WTFPL', 'Zlib', 'AGPL-3.0', 'GPL-2.0',
  'GPL-3.0', 'LGPL-2.1', 'LGPL-3.0',
]);

export function isSpdxId(text: string): boolean {
  return SPDX_IDS.has(text);
}

/** Licences that ask for something in return when their code is passed on. */
export function isCopyleft(expression: string): boolean {
  const ids = licenceIds(expression);
  return ids.some((id) => /^(?:A?GPL|LGPL|MPL|EPL|OSL|CC-BY-SA|EUPL)-/.test(id));
}
