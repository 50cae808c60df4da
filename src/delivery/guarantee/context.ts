import { adopt, delayMs, isThenable } from '../../base/index.js';
import type { DeliveryContext } from '../../api/delivery.js';
import { NO_REPLY } from '../../behaviour/index.js';
import { Kind, Op } from '../../mailbox/index.js';
import { fenced, type Process } from '../../process/index.js';
import type { Delivered } from './delivered.js';

/** What a handler may say about the delivery that it handles. Of one attempt: later ones have their own. */
export class Context implements DeliveryContext {
  readonly #message: Delivered;
  readonly #start: number;
  readonly #agent: Process;
  readonly key: string | undefined;
  readonly attempt: number;

  /** @internal Use `self.delivery`. */
  constructor(message: Delivered) {
    this.#message = message;
    this.#start = message.starts;
    this.#agent = message.callee;
    this.key = message.key ?? undefined;
    this.attempt = message.attempts;
  }

  get redelivered(): boolean {
    return this.attempt > 1;
  }

  ack(reply?: unknown): boolean {
    return this.#current && this.#message.reply(reply);
  }

  nack(delay?: number): boolean {
    const ms = delay === undefined ? -1 : delayMs('nack.delayMs', delay);
    if (!this.#current) return false;
    this.#message.to.nacked(this.#message, ms);
    return true;
  }

  inProgress(): boolean {
    if (!this.#current) return false;
    this.#message.restartLimit();
    return true;
  }

  terminate(reason: unknown = 'terminated'): boolean {
    if (!this.#current) return false;
    this.#message.to.terminated(this.#message, reason);
    return true;
  }

  /** @internal A later attempt has begun. */
  get superseded(): boolean {
    return this.#message.starts !== this.#start;
  }

  get #current(): boolean {
    return !fenced(this.#agent) && this.#message.running && !this.superseded;
  }
}

/**
 * The operation as deliveries carry it: a request, whose reply is the acknowledgement, and whose handler starts only
 * for a message that is to be handled. Made once per operation.
 */
export function deliveredOp(op: Op): Op {
  const run = op.run as Handler;
  const guarded: Handler = (self, payload) => ((self.p.from as Delivered).claimed() ? run(self, payload) : NO_REPLY);
  op.delivered = new Op(Kind.Call, op.name, op.concurrent ? aside(run) : guarded, op.check, op.concurrent, op.isAsync);
  return op.delivered;
}

type Handler = (self: { readonly p: Process }, payload: unknown) => unknown;

/**
 * In a process of its own, which may go on after its attempt has failed (`nack`): what it says then is of no later one.
 */
function aside(run: Handler): Handler {
  return (self, payload) => {
    const message = self.p.from as Delivered;
    if (!message.beginAside()) return NO_REPLY;
    const { context } = message;
    Object.defineProperty(self, 'delivery', { value: context });
    const result = run(self, payload);
    return isThenable(result) ? unlessLate(context, result) : result;
  };
}

async function unlessLate(context: Context, result: PromiseLike<unknown>): Promise<unknown> {
  try {
    const value = await adopt(result);
    return context.superseded ? NO_REPLY : value;
  } catch (error) {
    if (context.superseded) return NO_REPLY;
    throw error;
  }
}
