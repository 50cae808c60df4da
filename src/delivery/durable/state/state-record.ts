import { CastcallError } from '../../../base/index.js';
import type { DurableKind, DurableTerms } from '../../../behaviour/gen/outward/index.js';
import { type CodecLimits, decode, encode } from '../../../codec/index.js';

/* How the state of an agent stands in its record: fixed places; what is added later comes last. */

const FORMAT = 1;

/** The state of an agent, as its record has it. */
export interface StateRecord {
  readonly version: number;
  readonly state: unknown;
  /** name of the definition that has stored it; null for one without */
  readonly definition: string | null;
  readonly kind: DurableKind;
  /** of a log: how many deltas are in it; null for a state that is stored as a whole */
  readonly folded: number | null;
}

type Row = readonly [number, number, unknown, (string | null)?, DurableKind?, number?];

/** A log is for states that grow. */
const LOG_LIMITS: CodecLimits = { bytesMax: 64 * 1_048_576, elementsMax: 10_000_000 };

/** State of an agent as it is in the text of an error: `state.tools[3]`. */
const WHAT = 'state';

/** Throws `NOT_STORABLE`, with the path. */
export function encodeState(
  { version, definition, kind }: DurableTerms, state: unknown, folded: number | null,
): Uint8Array {
  const row: Row = folded === null && kind === 'agent'
    ? [FORMAT, version, state, definition]
    : folded === null ? [FORMAT, version, state, definition, kind] : [FORMAT, version, state, definition, kind, folded];
  return encode(row, WHAT, folded === null ? undefined : LOG_LIMITS);
}

/** Throws a coded error for what no castcall has written. */
export function decodeState(bytes: Uint8Array): StateRecord {
  const [, version, state, definition = null, kind = 'agent', folded = null] = decode(bytes, LOG_LIMITS) as Row;
  return { version, state, definition, kind, folded };
}

/**
 * The stored state in the version of the definition. Errors: `STATE_OTHER` for one of another
 * definition; `STATE_VERSION` for one of a newer version, and for an older one without a `migrate`.
 */
export function revived(record: StateRecord, terms: DurableTerms, name: string): unknown {
  checkOwner(record, terms, name);
  const { version, state } = record;
  if (version === terms.version) return state;
  checkVersion(`the stored state of '${name}'`, version, terms.version, terms.migrate, 'migrate');
  return (terms.migrate as NonNullable<DurableTerms['migrate']>)(state, version);
}

/** Throws `STATE_VERSION` unless an older version has what makes this one of it. */
export function checkVersion(what: string, version: number, due: number, migrate: unknown, option: string): void {
  if (version <= due && migrate !== null) return;
  throw new CastcallError(
    'STATE_VERSION', `${what} has version ${version}, its definition ${due}: ${
      version > due ? 'start the newer program' : `give durable.${option}`}; it is kept as it is`,
  );
}

function checkOwner({ definition, kind, folded }: StateRecord, terms: DurableTerms, name: string): void {
  const mine = kind === terms.kind && (definition === null || definition === terms.definition
    || terms.formerly.includes(definition));
  if (!mine) {
    throw new CastcallError(
      'STATE_OTHER', `the stored state of '${name}' is that of ${titleOf(kind, definition)}, and ${
        titleOf(terms.kind, terms.definition)} is started: give it another name, or durable: { formerly: `
      + `'${String(definition)}' } where it is the same one renamed; the state is kept as it is`,
    );
  }
  if (folded === null || terms.log !== null) return;
  throw new CastcallError(
    'STATE_OTHER', `the state of '${name}' is stored as a log of deltas, and its definition has no durable.log: keep `
    + 'log and apply; the state is kept as it is',
  );
}

function titleOf(kind: DurableKind, definition: string | null): string {
  const what = kind === 'agent' ? 'an agent' : 'a state machine';
  return definition === null ? `${what} without a name of its own` : `${what} '${definition}'`;
}
