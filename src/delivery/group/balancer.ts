import { shownAs } from '../../base/index.js';
import { AgentRefImpl, hostOf, refusedSend, runtimeOf, type AnyDefinition, type Host } from '../../behaviour/index.js';
import { fenced, type Process } from '../../process/index.js';
import { makeBalance, type Balance } from './balance.js';
import type { Balancer, BalanceOptions } from './balance-types.js';
import type { BalanceMember } from './member.js';

/**
 * A ref of a group: each send chooses a member and is that member's. When nobody lives the send goes to its own
 * address, where nobody is either.
 */
export class BalancedRef extends AgentRefImpl {
  constructor(
    readonly balance: Balance,
    sender: Process | null,
  ) {
    super(balance.addr, balance.definition, balance.kernel, sender);
  }

  override bind(self: { readonly p: Process }): BalancedRef {
    return new BalancedRef(this.balance, self.p);
  }

  /* ---- members ---- */

  get strategy(): string {
    return this.balance.strategy;
  }

  join(ref: unknown, options?: { readonly weight?: number | undefined }): boolean {
    return !fenced(this.acting) && this.balance.join(ref, options);
  }

  leave(ref: unknown): boolean {
    return !fenced(this.acting) && this.balance.leave(ref);
  }

  members(): AgentRefImpl[] {
    return this.balance.living().map((member) => member.ref);
  }

  /** BalanceStats, which have another shape than those of one agent. */
  override stats(): never {
    return this.balance.stats() as never;
  }

  /* ---- sends ---- */

  override cast(op: string, payload?: unknown, options?: object): void {
    const sender = this.implied(op);
    if (!fenced(sender)) this.castAs(sender, op, payload, options);
  }

  override castAs(sender: Process | null, op: string, payload: unknown, options: object | undefined): void {
    let member: BalanceMember | null;
    try {
      member = this.balance.pick(op, payload);
    } catch (error) {
      hostOf(this.kernel).router.rejected();
      this.kernel.warn('a cast was refused at the balancer', { target: this.addr, op, error });
      return;
    }
    if (member === null) super.castAs(sender, op, payload, options);
    else member.ref.castAs(sender, op, payload, options);
  }

  override tryCast(op: string, payload?: unknown, options?: object): 'ok' | 'full' | 'dead' {
    const to = this.next(op, payload);
    return to === null ? super.tryCast(op, payload, options) : to.tryCast(op, payload, options);
  }

  override putAs(sender: Process | null, op: string, payload: unknown, options: object | undefined): Promise<void> {
    const to = this.nextOr(op, payload);
    if (to instanceof Refused) return refusedSend(this.kernel, this.sent('put', op), to.error, false);
    return to === null ? super.putAs(sender, op, payload, options) : to.ref.putAs(sender, op, payload, options);
  }

  override call(op: string, payload?: unknown, options?: object): Promise<unknown> {
    return this.callAs(this.implied(op), op, payload, options);
  }

  override callAs(caller: Process | null, op: string, payload: unknown, options: object | undefined): Promise<unknown> {
    const to = this.nextOr(op, payload);
    if (to instanceof Refused) return refusedSend(this.kernel, this.sent('call', op), to.error, false);
    if (to === null) return super.callAs(caller, op, payload, options);
    const reply = to.ref.callAs(caller, op, payload, options);
    if (this.balance.timed) this.balance.measure(to, reply);
    return reply;
  }

  override deliverAs(
    sender: Process | null, op: string, payload: unknown, options: object | undefined,
  ): Promise<unknown> {
    const to = this.nextOr(op, payload);
    if (to instanceof Refused) return refusedSend(this.kernel, this.sent('deliver', op), to.error, false);
    return to === null ? super.deliverAs(sender, op, payload, options) : to.ref.deliverAs(sender, op, payload, options);
  }

  override sendRequestAs(
    ...args: Parameters<AgentRefImpl['sendRequestAs']>
  ): ReturnType<AgentRefImpl['sendRequestAs']> {
    const [, op, payload, , failed] = args;
    const to = this.nextOr(op, payload);
    if (!(to instanceof Refused)) return to === null ? super.sendRequestAs(...args) : to.ref.sendRequestAs(...args);
    failed(to.error);
    return null;
  }

  override stream(op: string, payload?: unknown, options?: object): AsyncIterableIterator<unknown> {
    const to = this.next(op, payload);
    return to === null ? super.stream(op, payload, options) : to.stream(op, payload, options);
  }

  override send(message: unknown): void {
    const to = this.next('info', message);
    if (to === null) super.send(message);
    else to.send(message);
  }

  /** The next member, with this ref's sender if it has one of its own. A key that is none is thrown, and counted. */
  private next(op: string, payload: unknown): AgentRefImpl | null {
    const to = this.nextOr(op, payload);
    if (to instanceof Refused) throw to.error;
    if (to === null) return null;
    return this.sender === null ? to.ref : to.ref.bind({ p: this.sender });
  }

  /** The same for verbs that reject. */
  private nextOr(op: string, payload: unknown): BalanceMember | null | Refused {
    try {
      return this.balance.pick(op, payload);
    } catch (error) {
      hostOf(this.kernel).router.rejected();
      return new Refused(error);
    }
  }
}

/** A send whose member could not be told. */
class Refused {
  constructor(readonly error: unknown) {}
}

/** What `system.balance` returns. */
export function balance<D extends AnyDefinition, G>(
  host: Host, definition: D, options: BalanceOptions<D, G>,
): Balancer<D> {
  return new BalancedRef(makeBalance(host, runtimeOf(definition), options as never), null) as unknown as Balancer<D>;
}

shownAs(BalancedRef, (it) => `Balancer(${it.balance.addr.name}, ${it.strategy}: ${it.balance.living().length} living)`);
