import { delayMs } from '../../../base/index.js';
import type { ExitReason } from '../../../base/index.js';
import { Rank } from '../../../mailbox/index.js';
import { CONTINUE, STOP } from '../../../mailbox/message/index.js';
import { Phase } from '../../../process/record/index.js';
import type { Process } from '../../../process/record/index.js';
import { pushSignal } from '../../../process/send/index.js';
import { Request } from '../../../router/request/index.js';
import { Timeout } from '../../../api/messages.js';
import { InitFailure, Stop } from '../../../api/returns.js';
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
