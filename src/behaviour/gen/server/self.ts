import { delayMs, handled, OptionError } from '../../../base/index.js';
import type { ExitReason } from '../../../base/index.js';
import { Rank } from '../../../mailbox/index.js';
import { CONTINUE, STOP } from '../../../mailbox/message/index.js';
import { abandon } from '../../../process/kernel/index.js';
import { Phase } from '../../../process/record/index.js';
import type { Process } from '../../../process/record/index.js';
import { pushSignal } from '../../../process/send/index.js';
import { Request } from '../../../router/request/index.js';
import { Timeout } from '../../../api/messages.js';
import { InitFailure, Stop } from '../../../api/returns.js';
import type { OnceOptions, WaitOptions } from '../../../api/durable/steps.js';
import { rejected, rejectedWith } from '../host.js';
import type { Durables } from '../outward/durables.js';
import { ServerSelf, Flag } from '../server-self.js';
import { askIdle, beginIdle } from './idle.js';
import { handles } from '../unreturned.js';

/** The `self` of an agent: its state, and the verbs. One per incarnation. */
export class AgentSelf extends ServerSelf {
  /** the state as of the last handler that returned: what terminate sees after a crash (GS-24) */
  committed: unknown = undefined;
  state: unknown = undefined;

  stop(...args: [reason?: ExitReason, reply?: unknown]): Stop<unknown> {
    const made = new Stop(args.length === 0 ? 'normal' : args[0], args.length > 1, args[1]);
    const { p } = this;
    if (p.phase === Phase.Starting) return this.made('stop', made);
    if (!this.lives()) return made;
    if (!handles(p)) {
      // A timer of the user's, or a promise that nobody awaited: there is no message after which it could end.
      pushSignal(p, STOP, made.reason, null, Rank.Front);
      return made;
    }
    this.flags |= Flag.Stop;
    this.ending = {
      reason: made.reason, replyTo: made.replies && this.p.from instanceof Request ? this.p.from : null,
      reply: made.value,
    };
    return made;
  }

  error(reason: ExitReason): InitFailure {
    return this.made('error', new InitFailure(reason));
  }

  append(delta: unknown): void {
    if (!this.lives()) return;
    const { durables } = this.host;
    if (durables !== null) return durables.append(this.p, this, delta);
    throw new OptionError(
      'self.append', this.p.title, 'a durable agent with a log', 'defineAgent({ durable: { log: true, apply } })',
      'NOT_DURABLE',
    );
  }

  once<T>(key: string, fn: (idempotencyKey: string) => T | Promise<T>, options?: OnceOptions<T>): Promise<Awaited<T>> {
    return this.durable('once', (durables) => durables.once(this.p, key, fn, options)) as Promise<Awaited<T>>;
  }

  wait<T>(id: string, options?: WaitOptions): Promise<T> {
    return this.durable('wait', (durables) => durables.wait(this.p, id, options)) as Promise<T>;
  }

  private durable(verb: string, ask: (durables: Durables) => Promise<unknown>): Promise<unknown> {
    const { p } = this;
    if (!this.lives()) return rejected(p.kernel, 'ZOMBIE', p.title, verb);
    const { durables } = this.host;
    return durables === null
      ? rejectedWith(p.kernel, new OptionError(
        `self.${verb}`, p.title, 'a durable agent', 'createSystem({ store }) and defineAgent({ durable: true })',
        'NOT_DURABLE',
      ))
      : p.kernel.answer(handled(ask(durables)));
  }

  /** This run is given up: what it still does is as of one that has ended (P16). Who goes on is the one returned. */
  renewed(): AgentSelf {
    const { p } = this;
    const next = new AgentSelf(p);
    next.state = next.committed = this.committed;
    (this as { p: Process }).p = p.asEnded();
    return next;
  }

  continue(what?: unknown): void {
    if (this.lives()) pushSignal(this.p, CONTINUE, what, null, Rank.Front);
  }

  timeout(ms: number, ...message: [message?: unknown]): void {
    if (!this.lives()) return;
    const immune = message.length > 0;
    askIdle(this.p, delayMs('timeout.ms', ms), immune ? message[0] : new Timeout(), immune);
    this.flags |= Flag.Idle;
  }

  begin(made: unknown): void {
    this.state = made;
    this.committed = made;
    if ((this.flags & Flag.Idle) !== 0) beginIdle(this.p);
  }
}

/**
 * The self of a concurrent handler: over a copy of the state, in a process of its own, in the name
 * of its agent.
 */
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

/**
 * The run of a handler that awaits is given up: its message has been handed over, what it still does
 * has no effect, and the agent goes on with its next message.
 */
export function abandonRun(p: Process): void {
  p.self = (p.self as AgentSelf).renewed();
  abandon(p);
}
