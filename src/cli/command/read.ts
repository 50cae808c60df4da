import { CliError, type Input } from './command.js';
import type { Inspected } from './inspector.js';
import { codeOf, jsonOf } from './json.js';

/** What stands there, or why it cannot be read: then `unreadable` tells. */
export type Read<T> = { readonly value: T } | { readonly unreadable: string };

/** Throws only where nothing at all can be read: a package is missing. */
export function readAs<T>({ payload, fault }: Inspected, decoded: (bytes: Uint8Array) => T): Read<T> {
  if (payload === undefined) return { unreadable: fault ?? 'damaged' };
  try {
    return { value: decoded(payload) };
  } catch (error) {
    if (codeOf(error) === 'PEER_MISSING') throw error;
    return { unreadable: codeOf(error) ?? 'damaged' };
  }
}

/** The same for the one that is asked for: what is not there, or cannot be read, is an error. */
export function valueOf<T>(what: string, item: Inspected | undefined, decoded: (bytes: Uint8Array) => T): T {
  if (item === undefined) throw new CliError('CLI_NOT_FOUND', `there is no ${what}; its ls lists those that are there`);
  const read = readAs(item, decoded);
  if ('value' in read) return read.value;
  throw new CliError(
    'CLI_NOT_FOUND', `${what} cannot be read: ${read.unreadable}; 'castcall store check' tells what is damaged`,
  );
}

/** A sequence that was given as an argument. */
export function seqOf(text: string): number {
  const seq = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seq) && seq > 0) return seq;
  throw new CliError('CLI_USAGE', `got '${text}', expected a sequence, a whole number from 1: see SEQ of dlq ls`);
}

/** Everything of one thing, payloads too. */
export function show(input: Input, value: object): void {
  input.terminal.out(JSON.stringify(jsonOf(value), undefined, input.json ? undefined : 2));
}
