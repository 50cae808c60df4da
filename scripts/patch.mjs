// Deliberate damage to a source text, and shares of a list of such, for `npm run mutants` and `npm run promises`.

/**
 * The text with one edit, `[find, replacement]`. White space in a text to find matches any white space; a pattern may
 * use `$1`. Throws unless it fits exactly once, so that no patch becomes void when the source changes.
 */
export function edited(text, [find, replacement], { name, file }) {
  const pattern = find instanceof RegExp ? find.source : find.trim().split(/\s+/).map(escaped).join('\\s+');
  const times = [...text.matchAll(new RegExp(pattern, 'g'))].length;
  if (times !== 1) {
    throw new Error(`the patch '${name}' fits ${times} times in ${file}, it must fit once: ${String(find)}`);
  }
  return text.replace(new RegExp(pattern), find instanceof RegExp ? replacement : () => replacement);
}

/** All edits of a patch, one after the other. */
export function patchedText(text, patch) {
  return patch.edits.reduce((result, edit) => edited(result, edit, patch), text);
}

function escaped(part) {
  return part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** `N/M` as two numbers; undefined when it is not a share of anything. */
export function readShare(text) {
  const found = /^(\d{1,4})\/(\d{1,4})$/.exec(text ?? '');
  const [at, of] = [Number(found?.[1]), Number(found?.[2])];
  return at < of ? [at, of] : undefined;
}

/** Each `of`-th of a list, beginning with the `at`-th: all shares together are the list. */
export function inShare(list, [at, of]) {
  return list.filter((_, n) => n % of === at);
}
