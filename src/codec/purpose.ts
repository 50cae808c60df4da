import { OptionError } from '../base/index.js';

/** What bytes are for, in the words of its errors. */
export interface Purpose {
  /** the code of what is refused, `NOT_STORABLE` */
  readonly code: string;
  /** `what can be stored` */
  readonly rule: string;
  /** whose option needs the package */
  readonly option: string;
  /** of bytes that cannot be read: `stored bytes cannot be read` */
  readonly damage: string;
  readonly fix: string;
}

/** Bytes that a store keeps. */
export const STORED: Purpose = {
  code: 'NOT_STORABLE', rule: 'what can be stored', option: 'store', damage: 'stored bytes cannot be read',
  fix: 'restore a backup, or discard what they belong to',
};

/** `state.tools[3].run: a function cannot be stored; …` */
export function notFor(purpose: Purpose, where: string, got: string, rule: string, cause?: unknown): OptionError {
  const error = new OptionError(
    where, got, `${purpose.rule}: ${rule}`,
    'keep plain data: text, numbers, dates, maps, sets, bytes, errors, and objects and arrays of them', purpose.code,
  );
  return cause === undefined ? error : Object.assign(error, { cause });
}
