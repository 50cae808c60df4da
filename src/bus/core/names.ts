import { nearest, OptionError } from '../../base/index.js';

const NAME = /^[A-Za-z0-9_-]{1,128}(?:\.[A-Za-z0-9_-]{1,128})*$/;
const SEGMENT = /^[A-Za-z0-9_-]{1,128}$/;
const NAME_MAX = 255;

/** What names of the bus look like; the whole of it is the key, so no two names share a place. */
export function checkBusName(where: string, name: unknown): string {
  if (typeof name === 'string' && name.length <= NAME_MAX && NAME.test(name)) return name;
  throw new OptionError(
    where, name, `a name of segments [A-Za-z0-9_-]{1,128} joined by '.', at most ${NAME_MAX} characters`,
    'no empty segment; replace other characters, for example by -', 'BAD_NAME',
  );
}

/**
 * The segments of a name in which `*` stands for one segment and `**`, at the end, for any number
 * of further ones, from one.
 */
export function checkPattern(where: string, pattern: unknown): readonly string[] {
  const parts = typeof pattern === 'string' && pattern.length <= NAME_MAX ? pattern.split('.') : [''];
  if (parts.every((part, at) => part === '*' || (part === '**' && at === parts.length - 1) || SEGMENT.test(part))) {
    return parts;
  }
  throw new OptionError(
    where, pattern,
    `segments [A-Za-z0-9_-]{1,128}, or * for any one, joined by '.', with ** at the end for all below, at most ${
      NAME_MAX} characters`,
    'write orders.*.created or orders.**', 'BAD_NAME',
  );
}

/** In strict mode a name is known, or it is an error: a typo makes nothing. */
export function unknownName(what: string, name: string, known: Iterable<string>): OptionError {
  const like = nearest(name, [...known]);
  return new OptionError(
    `system.${what}`, name, `a ${what} that was made with options, as this system is strict`,
    like === undefined ? `make it first: system.${what}('${name}', {})` : `did you mean '${like}'?`, 'UNKNOWN_NAME',
  );
}
