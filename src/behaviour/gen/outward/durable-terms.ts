import { OptionError } from '../../../base/index.js';
import { checkKnown } from '../callbacks.js';
import type { DurableKind, DurableTerms, LogTerms, Shape } from './durables.js';

/* What users write for `durable` of a definition, checked where it enters. */

const OPTIONS = [
  'version', 'migrate', 'formerly', 'crashesMax', 'log', 'apply', 'migrateDelta', 'compactAfter',
] as const;
const OF_LOGS = ['apply', 'migrateDelta', 'compactAfter'] as const;
/** A machine's state is stored as a whole. */
const MACHINE_OPTIONS = ['version', 'migrate', 'formerly', 'crashesMax'] as const;
/** Twice the attempts of a delivery. */
const CRASHES_MAX = 10;
const DELTAS_MAX = 1_000;
const BYTES_MAX = 1_048_576;

type Given = { readonly [N in (typeof OPTIONS)[number]]?: unknown };

/** An agent as its definition has it. */
const AGENT: Shape = {
  of: (self) => (self as { state: unknown }).state,
  put(self, value) {
    const agent = self as { state: unknown; committed: unknown };
    agent.state = agent.committed = value;
  },
};

/** What the rules are read from. */
export interface DurableSpec {
  readonly name?: unknown;
  readonly durable?: unknown;
  readonly restored?: unknown;
}

/** How the agents of a definition are stored; undefined for those that are not. */
export function durableTerms(
  where: string, { name, durable, restored }: DurableSpec, kind: DurableKind = 'agent', shape: Shape = AGENT,
): DurableTerms | undefined {
  if (durable === undefined || durable === false) {
    if (restored === undefined) return undefined;
    throw new OptionError(
      `${where}.restored`, restored, 'none without durable', 'add durable: true', 'BAD_COMBINATION',
    );
  }
  const definition = typeof name === 'string' ? name : null;
  if (durable === true) {
    return { version: 1, migrate: null, kind, definition, formerly: [], crashesMax: CRASHES_MAX, log: null, shape };
  }
  const here = `${where}.durable`;
  if (typeof durable !== 'object' || durable === null || Array.isArray(durable)) {
    throw new OptionError(here, durable, 'true, false or an object of options');
  }
  checkKnown(here, durable, kind === 'machine' ? MACHINE_OPTIONS : OPTIONS);
  const { version = 1, migrate, formerly, crashesMax = CRASHES_MAX, log = false } = durable as Given;
  if (typeof log !== 'boolean') throw new OptionError(`${here}.log`, log, 'true or false');
  return {
    version: wholeFrom1(`${here}.version`, version), kind, definition, shape,
    migrate: functionOf(`${here}.migrate`, migrate, 'a function from a state and its version to a state'),
    formerly: namesOf(`${here}.formerly`, formerly),
    crashesMax: crashesMax === 'infinity' ? Infinity : wholeFrom1(`${here}.crashesMax`, crashesMax),
    log: log ? logTerms(here, durable) : noLog(here, durable),
  };
}

function logTerms(where: string, { apply, migrateDelta, compactAfter }: Given): LogTerms {
  if (typeof apply !== 'function') {
    throw new OptionError(
      `${where}.apply`, apply, 'a function from a state and a delta to the state, beside log', undefined,
      apply === undefined ? 'BAD_COMBINATION' : undefined,
    );
  }
  return {
    apply: apply as LogTerms['apply'],
    migrate: functionOf(`${where}.migrateDelta`, migrateDelta, 'a function from a delta and its version to a delta'),
    ...compaction(`${where}.compactAfter`, compactAfter),
  };
}

function noLog(where: string, given: Given): null {
  const key = OF_LOGS.find((one) => given[one] !== undefined);
  if (key === undefined) return null;
  throw new OptionError(`${where}.${key}`, given[key], 'none without log', 'add log: true', 'BAD_COMBINATION');
}

function compaction(where: string, given: unknown): Pick<LogTerms, 'deltasMax' | 'bytesMax'> {
  if (given === false) return { deltasMax: Infinity, bytesMax: Infinity };
  if (given === undefined) return { deltasMax: DELTAS_MAX, bytesMax: BYTES_MAX };
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OptionError(where, given, 'false, or an object of deltas and bytes');
  }
  checkKnown(where, given, ['deltas', 'bytes']);
  const { deltas = DELTAS_MAX, bytes = BYTES_MAX } = given as { deltas?: unknown; bytes?: unknown };
  return { deltasMax: wholeFrom1(`${where}.deltas`, deltas), bytesMax: wholeFrom1(`${where}.bytes`, bytes) };
}

function wholeFrom1(where: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw new OptionError(where, value, 'a whole number from 1');
}

function functionOf<F extends (...args: never) => unknown>(where: string, value: unknown, rule: string): F | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'function') throw new OptionError(where, value, rule);
  return value as F;
}

function namesOf(where: string, value: unknown): readonly string[] {
  const names: readonly unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value];
  const bad = names.find((name) => typeof name !== 'string' || name === '');
  if (bad === undefined) return names as readonly string[];
  throw new OptionError(where, bad, 'the name of a definition, or a list of them');
}
