import { OptionError } from '../../base/index.js';
import type { AddressParts } from '../../api/activation/address.js';

/*
 * Addresses are registered names: segments of `[A-Za-z0-9_-]`, joined by `/`. Any text can be a
 * segment: each byte of its UTF-8 that is none of these characters is written `_-` and two
 * hexadecimal digits, and so is an `_` before a `-`. So `_-` stands for nothing else, a text has one
 * spelling, and two texts never the same one.
 */

const SEGMENT_MAX = 128;
const ADDRESS_MAX = 512;
const PLAIN = /^[A-Za-z0-9_-]+$/;
const ESCAPE = /_-([0-9a-f]{2})|_-/g;
const RULE = `segments [A-Za-z0-9_-]{1,${SEGMENT_MAX}} joined by '/', at most ${ADDRESS_MAX} characters`;
const FIX = 'addressPath(…texts) escapes what a text may not hold';
/** whole names that would be mistaken for something else */
const RESERVED: ReadonlySet<string> =
  new Set(['undefined', 'null', '__proto__', 'constructor', 'prototype', 'infinity']);

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function escaped(byte: number): string {
  return `_-${byte.toString(16).padStart(2, '0')}`;
}

function isPlain(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)
    || byte === 45 || byte === 95;
}

/** One text as a segment. */
function segmentOf(text: string, alone: boolean): string {
  if (PLAIN.test(text) && !text.includes('_-') && !(alone && RESERVED.has(text))) return text;
  const bytes = encoder.encode(text);
  let made = '';
  bytes.forEach((byte, at) => {
    const keeps = isPlain(byte) && !(byte === 95 && bytes[at + 1] === 45) && !(alone && at === 0 && RESERVED.has(text));
    made += keeps ? String.fromCharCode(byte) : escaped(byte);
  });
  return made;
}

/** The text of a segment; undefined for what no text is written as. */
function textOf(segment: string, alone: boolean): string | undefined {
  if (!segment.includes('_-')) return segment;
  const bytes: number[] = [];
  let at = 0;
  for (const found of segment.matchAll(ESCAPE)) {
    if (found[1] === undefined) return undefined;
    bytes.push(...encoder.encode(segment.slice(at, found.index)), Number.parseInt(found[1], 16));
    at = found.index + found[0].length;
  }
  bytes.push(...encoder.encode(segment.slice(at)));
  try {
    const text = decoder.decode(Uint8Array.from(bytes));
    return segmentOf(text, alone) === segment ? text : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The address of texts, from the top down: any text can be a segment. Letters, digits, `_` and `-`
 * stay as they are; every other byte of its UTF-8 becomes `_-` and two hexadecimal digits, and so
 * does an `_` before a `-`.
 *
 * Errors: an OptionError `BAD_ADDRESS` for no text at all, an empty one, one that is no Unicode (a
 * lone half of a pair), and for what is longer than 128 characters in a segment or 512 in all, the
 * escapes counted.
 *
 * @example
 * addressPath('team', 'research', 'ann'); // => 'team/research/ann'
 * addressPath('mail', 'ann@example.com'); // => 'mail/ann_-40example_-2ecom'
 * addressPath('files', 'a/b'); // => 'files/a_-2fb'
 * @since 0.2.0
 */
export function addressPath(...texts: readonly string[]): string {
  if (texts.length === 0) throw bad('addressPath', texts, 'at least one text', 'addressPath(\'team\', \'ann\')');
  const segments = texts.map((text: unknown, at) => {
    const where = `addressPath.${at}`;
    if (typeof text !== 'string' || text.length === 0) throw bad(where, text, 'a text that is not empty', undefined);
    if (text.length > SEGMENT_MAX) {
      throw bad(where, text, `at most ${SEGMENT_MAX} characters`, 'use a hash of it, or an id of its own');
    }
    // without the flag u a lone half of a pair fits: with it, it is a character of its own
    if (/\p{Surrogate}/u.test(text)) throw bad(where, text, 'a text of whole Unicode characters', 'see isWellFormed');
    return segmentOf(text, texts.length === 1);
  });
  return checkAddress('addressPath', segments.join('/'));
}

/** Checks an address where it enters. */
export function checkAddress(where: string, address: unknown): string {
  if (typeof address === 'string' && address.length <= ADDRESS_MAX) {
    if (PLAIN.test(address) && address.length <= SEGMENT_MAX && !address.includes('_-')
      && !RESERVED.has(address)) return address;
    const segments = address.split('/');
    const alone = segments.length === 1;
    if (!(alone && RESERVED.has(address)) && segments.every((segment) => segment.length <= SEGMENT_MAX
      && PLAIN.test(segment) && textOf(segment, alone) !== undefined)) return address;
  }
  throw bad(where, address, RULE, FIX);
}

function bad(where: string, value: unknown, rule: string, fix: string | undefined): OptionError {
  return new OptionError(where, value, rule, fix, 'BAD_ADDRESS');
}

/** The parts of an address that has been checked. */
export function partsOf(path: string): AddressParts {
  const written = path.split('/');
  const segments = written.map((segment) => textOf(segment, written.length === 1) as string);
  return {
    path, segments, leaf: segments.at(-1) as string,
    parent: written.length === 1 ? undefined : written.slice(0, -1).join('/'),
  };
}

/** Whether an address is the prefix, or below it; the empty prefix is above all. */
export function isUnder(prefix: string, path: string): boolean {
  return prefix === '' || path === prefix
    || (path.length > prefix.length && path.startsWith(prefix) && path.charCodeAt(prefix.length) === 47);
}
