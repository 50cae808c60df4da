import { CastcallError } from '../../base/index.js';
import { printable } from '../../base/text/index.js';
import { Control } from '../../api/returns.js';
import type { RuntimeDefinition } from '../gen/index.js';
import type { DurableTerms, Shape } from '../gen/outward/index.js';
import { openDurable, restoredBy } from '../gen/server/index.js';
import { INFO, Kind, type Op } from '../../mailbox/message/index.js';
import { Phase } from '../../process/record/index.js';
import { GENERIC_TIMED_OUT, INTERNAL, Queued, STATE_TIMED_OUT, TIMED_OUT } from './queue.js';
import type { Callback } from './runtime.js';
import type { StatemSelf } from './self.js';
import { EVENT_TIMEOUT, STATE_TIMEOUT, type TimeoutKey } from './transition.js';

/*
 * A durable machine: each event is a turn, as each message of a durable agent is. Stored are state and
 * data, the timeouts that run, by the wall clock, and the events that it has inserted for itself. What
 * came through the mailbox and was postponed is as lost as what is queued there.
 *
 *   an event ─▶ begin (dispatch.ts) ─▶ its callback, the enter call ─┬─ finish, stop (step.ts) ─▶ end
 *                                                                  └─ a throw (statem.ts) ─▶ drop
 */

/** Key, wall clock when due and when set, content. */
type TimeoutRow = readonly [0 | 1 | string, number, number, unknown];
type EventType = 'cast' | 'info' | 'internal' | 'timeout' | 'stateTimeout' | 'genericTimeout';
/** What it is, its name if it has one, content. */
type EventRow = readonly [EventType, string, unknown];
type Row = readonly [unknown, unknown, readonly TimeoutRow[], readonly EventRow[], readonly EventRow[]];

/** What init makes of a machine that has lived before. */
export class Kept {
  constructor(
    readonly timeouts: readonly TimeoutRow[],
    /** inserted events, next first; then those that are postponed */
    readonly next: readonly EventRow[],
    readonly postponed: readonly EventRow[],
  ) {}
}

/** A machine as its record has it. */
export const MACHINE: Shape = {
  of(self): Row {
    const m = self as StatemSelf;
    const timeouts = [...m.timeouts?.running.values() ?? []].map(({ key, due, since, content }): TimeoutRow => (
      [codeOf(key), due, since, content]
    ));
    const { inside } = m;
    if (inside === null) return [m.state, m.data, timeouts, [], []];
    return [m.state, m.data, timeouts, rowsOf(inside.next).reverse(), rowsOf(inside.postponed)];
  },
  put(self, value) {
    const m = self as StatemSelf;
    [m.state, m.data] = value as Row;
    m.commit();
  },
};

function codeOf(key: TimeoutKey): TimeoutRow[0] {
  if (key === EVENT_TIMEOUT) return 0;
  // A generic one may have any name: a number is none.
  return key === STATE_TIMEOUT ? 1 : key;
}

export function keyOf(code: TimeoutRow[0]): TimeoutKey {
  return code === 0 ? EVENT_TIMEOUT : code === 1 ? STATE_TIMEOUT : code;
}

function rowsOf(events: readonly Queued[]): EventRow[] {
  return events.flatMap(({ op, payload, from, counted }): EventRow[] => (
    counted || op.kind === Kind.Call ? [] : [[typeOf(op), op === GENERIC_TIMED_OUT ? from as string : op.name, payload]]
  ));
}

function typeOf(op: Op): EventRow[0] {
  if (op.kind === Kind.Cast) return 'cast';
  if (op.kind === Kind.Continue) return 'internal';
  if (op.kind !== Kind.Idle) return 'info';
  return op === TIMED_OUT ? 'timeout' : op === STATE_TIMED_OUT ? 'stateTimeout' : 'genericTimeout';
}

const OPS = { info: INFO, internal: INTERNAL, timeout: TIMED_OUT, stateTimeout: STATE_TIMED_OUT } as const;

/** An event of an earlier life; null for a cast that its definition does not know any more. */
export function eventFrom([type, name, payload]: EventRow, definition: RuntimeDefinition): Queued | null {
  if (type === 'genericTimeout') return new Queued(GENERIC_TIMED_OUT, payload, name, false);
  const op = type === 'cast' ? definition.castOp(name) : OPS[type];
  return op === undefined ? null : new Queued(op, payload, null, false);
}

/** `migrate` of a machine is told of state and data, as `init` makes them. */
export function migrating(terms: DurableTerms): DurableTerms {
  const { migrate } = terms;
  if (migrate === null) return terms;
  return {
    ...terms,
    migrate(row, from): Row {
      const [state, data, ...rest] = row as Row;
      const made = migrate({ state, data }, from) as { readonly state: unknown; readonly data: unknown } | null;
      if (typeof made === 'object' && made !== null && 'state' in made && 'data' in made) {
        return [made.state, made.data, ...rest];
      }
      throw new CastcallError(
        'BAD_RETURN_VALUE',
        `durable.migrate of a state machine returned ${printable(made)}; it returns { state, data }`,
      );
    },
  };
}

type Init = NonNullable<RuntimeDefinition['init']>;

/** The init of a durable machine: the given one runs once in its life; later incarnations are where it was. */
export function machineInit(name: string, given: Init, restored: Callback | null, terms: DurableTerms): Init {
  const init = async function init(this: StatemSelf, ...args: unknown[]): Promise<unknown> {
    const { p } = this;
    const turn = await openDurable(p, name, terms);
    if (turn instanceof Control) return turn;
    if (turn.stored === undefined) {
      const made = await given.apply(this, args);
      if (made instanceof Control || p.phase === Phase.Dead) return made;
      this.takes(turn);
      return made;
    }
    const [, , timeouts, next, postponed] = turn.stored.state as Row;
    MACHINE.put(this, turn.stored.state);
    if (restored !== null) {
      const said = await restoredBy(p, terms, () => restored(this, undefined));
      if (said instanceof Control || p.phase === Phase.Dead) return said;
    }
    this.takes(turn);
    return new Kept(timeouts, next, postponed);
  };
  Object.defineProperty(init, 'length', { value: given.length });
  return init as Init;
}
