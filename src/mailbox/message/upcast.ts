import { atOnce, CastcallError } from '../../base/index.js';
import { isError, printable } from '../../base/text/index.js';
import type { Op, Versions } from './op.js';

/**
 * A message that was kept cannot be read by the definition of today: `VERSION_UNKNOWN` when it was written by a
 * newer one, `UPCAST_FAILED` when `upcast` threw, or what it returned does not fit the schema; that is the `cause`.
 *
 * @example
 * const error = new UpcastError('VERSION_UNKNOWN', 'add', 3, 2, 'start the newer program');
 * error.message; // => "a message of 'add' has payload version 3, the definition has 2: start the newer program"
 * error.from; // => 3
 * @since 0.2.0
 */
export class UpcastError extends CastcallError {
  declare readonly code: 'UPCAST_FAILED' | 'VERSION_UNKNOWN';
  constructor(
    code: 'UPCAST_FAILED' | 'VERSION_UNKNOWN',
    readonly op: string,
    /** the version of the message */
    readonly from: number,
    /** that of the definition */
    readonly version: number,
    what: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      code, `a message of '${op}' has payload version ${from}, the definition has ${version}: ${what}`, options,
    );
  }
}

export function upcasted(op: Op, versions: Versions | null, payload: unknown, from: number): unknown {
  const { name, version } = op;
  if (versions === null || !Number.isInteger(from) || from < 1 || from > version) {
    throw new UpcastError('VERSION_UNKNOWN', name, from, version, 'it is of a newer program; run that one');
  }
  try {
    const made = atOnce(`upcast of '${name}'`, versions.upcast(payload, from));
    // nobody sends it now: `allow` was asked when it was sent
    return op.check === null ? made : op.check(made, undefined);
  } catch (error) {
    const what = isError(error) ? error.message : printable(error);
    throw new UpcastError('UPCAST_FAILED', name, from, version, `its upcast failed: ${what}`, { cause: error });
  }
}
