import { isThenable, OptionError } from '../../../base/index.js';
import type { OpRun } from '../../../mailbox/message/index.js';
import { Phase } from '../../../process/record/index.js';
import type { Behaviour, Process, Turn } from '../../../process/record/index.js';
import { Control, Ignore } from '../../../api/returns.js';
import { isControl } from '../control.js';
import type { DurableAgent, DurableTerms } from '../outward/durables.js';
import { hostOf } from '../host.js';
import { Request } from '../../../router/request/index.js';
import { Flag } from '../server-self.js';
import type { AgentSelf } from './self.js';

/*
 * A durable agent: each of its handlers is a turn, whose changes and sends take effect with the
 * commit of its state.
 *
 *   a message ─▶ begin ─▶ the handler ─┬─ returns, resolves ─▶ end ─▶ committed, later
 *                                      └─ throws, rejects ──▶ drop ─▶ failed, as of every agent
 *
 * The handlers are wrapped when the definition is made, so that no other agent pays for it. A
 * stream's items leave at once, and its state is stored at its end; a concurrent handler has a copy
 * of the state, and no turn.
 */

type Run = (self: AgentSelf, payload: unknown) => unknown;
type Init = (this: AgentSelf, ...args: unknown[]) => unknown;

/** A handler as a turn. */
export function inTurn(given: OpRun): OpRun {
  const run = given as Run;
  const wrapped: Run = (self, payload) => {
    const turn = self.p.ext?.turn;
    if (turn === null || turn === undefined) return run(self, payload);
    turn.begin();
    let result: unknown;
    try {
      result = run(self, payload);
    } catch (error) {
      finish(turn, self, error);
      throw error;
    }
    if (!isThenable(result)) succeeded(turn, self, result);
    return result;
  };
  return wrapped;
}

/** A control value that is thrown is as good as returned (GS-23). */
function finish(turn: Turn, self: AgentSelf, error: unknown): void {
  if (isControl(error)) succeeded(turn, self, error);
  else {
    turn.drop(self);
    turn.threw();
  }
}

/** What a handler that ends its agent says of its message belongs to its turn, and terminate comes after. */
function succeeded(turn: Turn, self: AgentSelf, result: unknown): void {
  const { p, ending } = self;
  if ((self.flags & Flag.Stop) !== 0 && ending !== null && turn.open && p.from instanceof Request) {
    p.from.stopping(ending, result !== undefined && !isControl(result));
  }
  turn.end(self);
}

/** The end of the turn of an asynchronous handler. */
export function settledTurn(after: Behaviour['settled']): Behaviour['settled'] {
  return (p, value) => {
    const turn = p.ext?.turn;
    if (turn !== null && turn !== undefined && p.phase !== Phase.Terminating) {
      succeeded(turn, p.self as AgentSelf, value);
    }
    return after(p, value);
  };
}

/** The same of one that rejected. */
export function failedTurn(after: Behaviour['failed']): Behaviour['failed'] {
  return (p, error) => {
    const turn = p.ext?.turn;
    if (turn !== null && turn !== undefined && turn.open && p.phase !== Phase.Terminating) {
      finish(turn, p.self as AgentSelf, error);
    }
    return after(p, error);
  };
}

/**
 * The init of a durable agent: the given one runs once in its life, and its start is over when the
 * first state is committed. Later incarnations get the state that was committed last.
 */
export function durableInit(
  name: string, given: Init | null, restored: Run | null, terms: DurableTerms,
): (this: unknown, ...args: unknown[]) => Promise<unknown> {
  const init: Init = async function init(...args) {
    const { p } = this;
    const agent = await openDurable(p, name, terms);
    if (agent instanceof Control) return agent;
    const { stored } = agent;
    const state = stored === undefined
      ? await given?.apply(this, args)
      : await restoredBy(p, terms, () => again(this, stored.state, restored));
    if (state instanceof Control || p.phase === Phase.Dead) return state;
    this.state = state;
    agent.begun(this);
    await agent.safe();
    // It may have ended meanwhile; nothing is kept of the dead.
    if (p.owner !== null) p.cold().turn = agent;
    return this.state;
  };
  // how many arguments a start takes
  Object.defineProperty(init, 'length', { value: given === null ? 0 : given.length });
  return init as (this: unknown, ...args: unknown[]) => Promise<unknown>;
}

/**
 * What the store has of a process that is to start, or what its init says instead: it is set aside.
 * Errors: `NO_STORE`, `NOT_DURABLE` for one without a name, what is wrong with its state.
 */
export async function openDurable(p: Process, name: string, terms: DurableTerms): Promise<DurableAgent | Ignore> {
  const { durables } = hostOf(p.kernel);
  if (durables === null) {
    throw new OptionError(
      'durable', name, 'a system with a store', 'createSystem({ store: sqlite(path) })', 'NO_STORE',
    );
  }
  if (p.name === null) {
    throw new OptionError(
      'durable', name, 'a registered name, under which it is stored', "start it with { name: '…' }, or as a child",
      'NOT_DURABLE',
    );
  }
  const refusal = await durables.refusal(p);
  return refusal === null ? restoredBy(p, terms, () => durables.load(p, terms)) : new Ignore(refusal);
}

/** What a start makes of a stored state; a failure of it is counted. */
export async function restoredBy<T>(p: Process, terms: DurableTerms, make: () => T | Promise<T>): Promise<Awaited<T>> {
  try {
    return await make();
  } catch (error) {
    if (!isControl(error)) hostOf(p.kernel).durables?.startFailed(p, terms, error);
    throw error;
  }
}

async function again(self: AgentSelf, state: unknown, restored: Run | null): Promise<unknown> {
  self.begin(state);
  if (restored === null) return state;
  const said = await restored(self, undefined);
  return said instanceof Control ? said : self.state;
}
