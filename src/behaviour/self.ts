import { delayMs, type ExitReason } from '../base/index.js';
import { CONTINUE, Rank } from '../mailbox/index.js';
import { Phase, pushSignal, type Process } from '../process/index.js';
import { Request } from '../router/index.js';
import { Ignore, NO_REPLY, Refusal, Stop, type NoReply } from './control.js';
import { armIdle } from './idle.js';
import type { From, SelfRef } from './types.js';
import { newController, Verbs } from './verbs.js';

/** Bits of `flags`: what the engine must look at around a handler. */
export const Flag = { Idle: 1, Stop: 2, Deferred: 4, Controller: 8 } as const;

/** How an agent ends, while its terminate runs. */
export interface Ending {
  reason: ExitReason;
  readonly replyTo: Request | null;
  readonly reply: unknown;
}

/** The `self` of an agent: its state, and the verbs. One per incarnation. */
export class AgentSelf extends Verbs {
  /** the state as of the last handler that returned: what terminate sees after a crash (GS-24) */
  committed: unknown = undefined;
  state: unknown = undefined;
  flags = 0;
  private own: SelfRef | null = null;

  /** The agent that this self acts for: a concurrent handler's parent, else the process itself. */
  protected get agent(): Process {
    return this.p;
  }

  /** How the agent ends, while its terminate runs. */
  get ending(): Ending | null {
    return (this.p.ext?.ending ?? null) as Ending | null;
  }

  set ending(ending: Ending | null) {
    this.p.cold().ending = ending;
  }

  get ref(): SelfRef {
    if (this.own !== null) return this.own;
    const { agent } = this;
    this.own = this.host.refTo(agent, (agent.behaviour as { definition?: unknown }).definition) as SelfRef;
    return this.own;
  }

  get from(): From | undefined {
    const { from } = this.p;
    return from instanceof Request ? from : undefined;
  }

  /** During a call: fires also when its caller has died, aborted or timed out. */
  override get signal(): AbortSignal {
    const { from } = this.p;
    if (!(from instanceof Request)) return super.signal;
    const extra = from.cold();
    if (extra.controller === null) {
      extra.controller = newController(this.p);
      if (extra.cancelled) extra.controller.abort(extra.abortReason);
      const ext = this.p.cold();
      (ext.controllers ??= new Set()).add(extra.controller);
      this.flags |= Flag.Controller;
    }
    return extra.controller.signal;
  }

  refuse(code: string, details?: unknown): Refusal {
    return new Refusal(String(code), details);
  }

  noreply(): NoReply {
    const { from } = this.p;
    if (from instanceof Request && this.lives()) {
      this.flags |= Flag.Deferred;
      if (from.settled) return NO_REPLY;
      const ext = from.callee.cold();
      (ext.deferred ??= new Set()).add(from);
    }
    return NO_REPLY;
  }

  reply(from: From, value: unknown): boolean {
    return from instanceof Request && this.lives() && from.reply(value);
  }

  stop(...args: [reason?: ExitReason, reply?: unknown]): Stop<unknown> {
    const made = new Stop(args.length === 0 ? 'normal' : args[0], args.length > 1, args[1]);
    if (this.p.phase === Phase.Starting || !this.lives()) return made;
    this.flags |= Flag.Stop;
    this.ending = { reason: made.reason, replyTo: made.replies && this.p.from instanceof Request ? this.p.from : null, reply: made.value };
    return made;
  }

  ignore(): Ignore {
    return new Ignore();
  }

  continue(what?: unknown): void {
    if (this.lives()) pushSignal(this.p, CONTINUE, what, null, Rank.Front);
  }

  timeout(ms: number): void {
    if (!this.lives()) return;
    armIdle(this.p, delayMs('timeout.ms', ms));
    this.flags |= Flag.Idle;
  }

  hibernate(): void {
    this.p.mailbox.shrink();
  }
}

/** The self of a concurrent handler: over a copy of the state, in a process of its own, in the name of its agent. */
export class ForkedSelf extends AgentSelf {
  constructor(p: Process, state: unknown) {
    super(p);
    this.state = state;
    this.committed = state;
  }

  protected override get agent(): Process {
    return this.p.parent ?? this.p;
  }
}
