import { CastcallError } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { Rank } from '../../mailbox/index.js';
import { CONTINUE, STOP } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { Phase } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import { pushSignal } from '../../process/send/index.js';
import { Flag, ServerSelf, handles } from '../gen/index.js';
import type { DurableAgent } from '../gen/outward/index.js';
import { Stop } from '../../api/returns.js';
import { whatever } from './check.js';
import { eventFrom, Kept, keyOf } from './durable.js';
import { Inside, type Queued } from './queue.js';
import type { StateTable, StatemRuntime } from './runtime.js';
import { Timeouts } from './timeouts.js';
import { Move, Transition, type TimeoutAction } from './transition.js';

/** A transition that is being made: what its actions, and those of the enter call, have asked for so far. */
export class Step {
  readonly events: Queued[] = [];
  readonly timeouts: TimeoutAction[] = [];
  postpone = false;
  hibernate = false;
  /** the event that is handled has had its answer */
  answered = false;
  /** the enter call is running, or its promise is awaited */
  entering = false;
  /** the data as the enter call found it */
  before: unknown = undefined;
  constructor(
    /** the state before */
    readonly from: unknown,
    /** another state than before: postponed events come again, the state timeout is cancelled */
    readonly changed: boolean,
  ) {}
}

/**
 * The `self` of a state machine: its state and data, the verbs, and what the engine knows of it.
 * One per incarnation.
 */
export class StatemSelf extends ServerSelf {
  state: unknown = undefined;
  data: unknown = undefined;
  /** state and data as of the last transition: what terminate sees after a crash (SM-18) */
  committedState: unknown = undefined;
  committed: unknown = undefined;
  /** the callbacks of the current state; null when one handler takes all */
  table: StateTable | null = null;
  /** modules below the current one, for popModule */
  readonly below: StatemRuntime[] = [];
  /** postponed and inserted events, made on first use */
  inside: Inside | null = null;
  timeouts: Timeouts | null = null;
  step: Step | null = null;
  /** the event that is being handled; null for the start, which is no event */
  op: Op | null = null;
  payload: unknown = undefined;
  /** it came through the mailbox and is in the account */
  counted = false;
  hibernating = false;
  /** of a durable one: each event is a turn */
  turn: DurableAgent | null = null;
  constructor(
    p: Process,
    /** whose callbacks are used now */
    public module: StatemRuntime,
  ) {
    super(p);
  }

  keep(): Transition<never> {
    return this.made('keep', this.kept());
  }

  /** What the engine takes when a callback says nothing. */
  kept(): Transition<never> {
    return new Transition(Move.Keep, undefined, this.p.from);
  }

  next(state: unknown): Transition<never> {
    return this.made('next', new Transition(Move.Next, state, this.p.from));
  }

  repeat(): Transition<never> {
    return this.made('repeat', new Transition(Move.Repeat, undefined, this.p.from));
  }

  stop(...args: [reason?: ExitReason]): Transition<never> | Stop<never> {
    const reason = args.length === 0 ? 'normal' : args[0];
    const { p } = this;
    if (p.phase === Phase.Starting) return this.made('stop', new Stop<never>(reason, false, undefined));
    const asked = new Transition<never>(Move.Stop, reason, p.from);
    if (handles(p)) return this.made('stop', asked);
    if (this.lives()) pushSignal(p, STOP, reason, null, Rank.Front);
    return asked;
  }

  now(): number {
    return this.p.kernel.env.mono();
  }

  /**
   * Takes what init made. Enter call and actions come in a turn of their own, before any message:
   * the start is over by then.
   */
  begin(made: unknown): void {
    if (made instanceof Kept) return this.goesOn(made);
    const { state, data, actions } = checkInitial(this.module.name, made);
    this.table = this.module.tableOf(state);
    this.state = state;
    this.data = data;
    this.commit();
    if (actions !== undefined || this.turn !== null || (this.table ?? this.module).enter !== null) {
      pushSignal(this.p, CONTINUE, actions ?? this.kept(), this, Rank.Front);
    }
  }

  /** Its events are turns from now on; nothing is kept of the dead. */
  takes(turn: DurableAgent): void {
    const { p } = this;
    if (p.owner === null) return;
    p.cold().turn = this.turn = turn;
    this.flags |= Flag.Turn;
  }

  /** It is where it was in an earlier life: no state is entered. */
  private goesOn({ timeouts, next, postponed }: Kept): void {
    const { p, module } = this;
    this.table = module.tableOf(this.state);
    this.commit();
    // As in a machine that lives: what was due first comes first, and may take the others away.
    const due = timeouts.toSorted((a, b) => a[1] - b[1]);
    for (const [code, at, since, content] of due) this.clock().resume(p, keyOf(code), at, since, content);
    const events = (rows: typeof next): Queued[] => rows.flatMap((row) => eventFrom(row, module) ?? []);
    if (next.length > 0) this.events().insert(events(next));
    if (postponed.length > 0) this.events().postponed.push(...events(postponed));
    this.turn?.begun(this);
    pushSignal(p, CONTINUE, null, this, Rank.Front);
  }

  /** State and data are as they are now; a later crash falls back to them. */
  commit(): void {
    this.committedState = this.state;
    this.committed = this.data;
  }

  /** Undoes what a callback did before it crashed. */
  restore(): void {
    this.state = this.committedState;
    this.data = this.committed;
  }

  events(): Inside {
    if (this.inside === null) {
      this.inside = new Inside();
      this.p.cold().kept = this.inside;
    }
    return this.inside;
  }

  clock(): Timeouts {
    return (this.timeouts ??= new Timeouts(this.turn !== null));
  }
}

function checkInitial(
  name: string, made: unknown,
): { state: unknown; data: unknown; actions: Transition<unknown> | undefined } {
  if (typeof made === 'object' && made !== null && 'state' in made && 'data' in made) {
    const { state, data, actions } = made as { state: unknown; data: unknown; actions?: unknown };
    if (actions === undefined || (actions instanceof Transition && actions.move === Move.Keep)) {
      return { state, data, actions };
    }
  }
  throw new CastcallError('BAD_RETURN_VALUE', `init of '${name}' returned ${whatever(
    made,
  )}; a state machine's init returns { state, data, actions? }, this.stop(…) or this.ignore()`);
}
