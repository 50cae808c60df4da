/**
 * Does a version satisfy an npm range? Covers what `engines` fields use: comparators, `^`, `~`, x-ranges,
 * hyphen ranges and `||`. Prerelease tags are cut off, because an engine is asked for by release.
 */

type Version = readonly [major: number, minor: number, patch: number];

/** A half-open interval of versions; `below: null` has no end. */
interface Interval {
  readonly from: Version;
  readonly below: Version | null;
}

/** `null` when the range cannot be understood: the caller decides what an unknown demand means. */
export function satisfies(version: string, range: string): boolean | null {
  const wanted = parsePartial(version);
  if (wanted === null || wanted.length < 3) return null;
  const candidate = fill(wanted);
  let understood = false;
  for (const alternative of range.split('||')) {
    const intervals = parseAlternative(alternative.trim());
    if (intervals === null) continue;
    understood = true;
    if (intervals.every((interval) => contains(interval, candidate))) return true;
  }
  return understood ? false : null;
}

const PARTIAL = /^[v=\s]*(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-[\w.-]+)?(?:\+[\w.-]+)?$/;
const COMPARATOR = /^(>=|<=|>|<|=|\^|~>|~)?\s*(.+)$/;
const ZERO: Version = [0, 0, 0];
const ANY: Interval = { from: ZERO, below: null };

/** The numbers that were given: `18.x` is `[18]`, `*` is `[]`. */
function parsePartial(text: string): number[] | null {
  const match = PARTIAL.exec(text.trim());
  if (match === null) return null;
  const numbers: number[] = [];
  for (const part of match.slice(1, 4)) {
    if (part === undefined || /[xX*]/.test(part)) break;
    numbers.push(Number(part));
  }
  return numbers;
}

function parseAlternative(text: string): Interval[] | null {
  if (text === '' || text === '*' || text === 'latest') return [ANY];
  const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(text);
  if (hyphen !== null) return parseHyphen(hyphen[1] ?? '', hyphen[2] ?? '');
  // An operator may stand apart from its version (`>= 18`): glue them before splitting at blanks.
  const words = text.replace(/(>=|<=|>|<|=|\^|~>|~)\s+/g, '$1').split(/[\s,]+/);
  const intervals: Interval[] = [];
  for (const word of words) {
    const interval = parseComparator(word);
    if (interval === null) return null;
    intervals.push(interval);
  }
  return intervals;
}

function parseHyphen(low: string, high: string): Interval[] | null {
  const from = parsePartial(low);
  const to = parsePartial(high);
  if (from === null || to === null) return null;
  return [{ from: fill(from), below: after(to) }];
}

function parseComparator(word: string): Interval | null {
  const match = COMPARATOR.exec(word);
  const given = parsePartial(match?.[2] ?? '');
  if (match === null || given === null) return null;
  const from = fill(given);
  switch (match[1]) {
    case '>=': return { from, below: null };
    case '>': return above(given);
    case '<': return { from: ZERO, below: from };
    case '<=': return { from: ZERO, below: after(given) };
    case '^': return { from, below: caretEnd(given) };
    case '~':
    case '~>': return { from, below: after(given.slice(0, 2)) };
    default: return { from, below: after(given) };
  }
}

function fill(given: readonly number[]): Version {
  return [given[0] ?? 0, given[1] ?? 0, given[2] ?? 0];
}

/** The first version behind everything that starts with the given numbers; `null` behind `*`. */
function after(given: readonly number[]): Version | null {
  const [major, minor, patch] = given;
  if (major === undefined) return null;
  if (minor === undefined) return [major + 1, 0, 0];
  if (patch === undefined) return [major, minor + 1, 0];
  return [major, minor, patch + 1];
}

/** `>18` starts at 19.0.0; `>*` holds nothing. */
function above(given: readonly number[]): Interval {
  const start = after(given);
  return start === null ? { from: ZERO, below: ZERO } : { from: start, below: null };
}

/** A caret keeps the leftmost number that is not zero, or the last one that was given. */
function caretEnd(given: readonly number[]): Version | null {
  const significant = given.findIndex((number) => number > 0);
  return after(significant === -1 ? given : given.slice(0, significant + 1));
}

function contains(interval: Interval, version: Version): boolean {
  return compare(version, interval.from) >= 0
    && (interval.below === null || compare(version, interval.below) < 0);
}

function compare(left: Version, right: Version): number {
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}
