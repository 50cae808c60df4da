import { callError } from '../../base/index.js';
import type { CallError } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import { AgentRefImpl } from '../../behaviour/gen/index.js';
import type { RuntimeDefinition } from '../../behaviour/gen/index.js';
import { type Gives, Verb } from '../../behaviour/gen/request/index.js';
import { Phase } from '../../process/record/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import type { Cell } from '../../router/names/index.js';
import type { AddressRef } from '../../api/activation/address.js';
import type { AnyDefinition } from '../../api/protocol.js';

/** Why nobody could be started under an address. */
export interface Unstarted {
  readonly reason: unknown;
  /** ms until the next try is allowed; 0 for at once */
  readonly dueInMs: number;
}

/** Who starts agents under addresses of one definition. */
export interface Starter {
  /** starts one where nobody lives; null when somebody does now, also while its init runs */
  wake(cell: Cell): Unstarted | null;
}

/**
 * A ref by name that starts the agent when nobody has the name. Where somebody has, a send is that of
 * a ref by name: all there is more is one look at the owner.
 */
export class AddressRefImpl<D extends AnyDefinition = AnyDefinition> extends AgentRefImpl<D> implements AddressRef<D> {
  declare readonly addr: Cell;
  /** why the send that is on its way has found nobody */
  private unstarted: Unstarted | null = null;
  constructor(
    cell: Cell, definition: RuntimeDefinition, kernel: Kernel, sender: Process | null,
    private readonly starter: Starter,
  ) {
    super(cell, definition, kernel, sender);
  }

  get address(): string {
    return this.addr.name;
  }

  override sentBy(sender: Process | null): AddressRefImpl<D> {
    return new AddressRefImpl(this.addr, this.definition, this.kernel, sender, this.starter);
  }

  override cast(op: string, payload?: unknown, options?: object): void {
    if (this.addr.owner !== null) super.cast(op, payload, options);
    else this.castAs(this.implied(op), op, payload, options);
  }

  override castAs(sender: Process | null, op: string, payload: unknown, options: object | undefined): void {
    if (this.addr.owner === null) this.wake(op, sender);
    super.castAs(sender, op, payload, options);
  }

  override call<R = unknown>(op: string, payload?: unknown, options?: object): Promise<R> {
    return this.addr.owner !== null
      ? super.call(op, payload, options)
      : this.dispatch(Verb.Call, this.implied(op), op, payload, options) as Promise<R>;
  }

  override send(message: unknown): void {
    if (this.addr.owner !== null) super.send(message);
    else this.dispatch(Verb.Info, this.implied('info'), 'info', message, undefined);
  }

  override dispatch<V extends Verb>(
    verb: V, sender: Process | null, op: string, payload: unknown, options: object | undefined,
  ): Gives[V] {
    // a cast looks itself
    if (this.addr.owner === null && verb !== Verb.Cast) this.wake(verb === Verb.Info ? null : op, sender);
    return super.dispatch(verb, sender, op, payload, options);
  }

  /** Nobody is started for what would be refused all the same. */
  private wake(op: string | null, sender: Process | null): void {
    const { definition } = this;
    const refused = this.kernel.closed || (sender !== null && sender.phase === Phase.Dead)
      || (op !== null && definition.castOp(op) === undefined && definition.callOp(op) === undefined);
    this.unstarted = refused ? null : this.starter.wake(this.addr);
  }

  protected override absence(): unknown {
    return this.unstarted === null ? super.absence() : this.unstarted.reason;
  }

  protected override nobody(verb: 'call' | 'put', op: string): CallError {
    const { unstarted } = this;
    if (this.kernel.closed) {
      return callError('NOPROC', { target: this.address, op, verb, reason: 'the system has stopped' });
    }
    if (unstarted === null) return super.nobody(verb, op);
    const { reason, dueInMs } = unstarted;
    return callError('ACTIVATION_FAILED', {
      target: this.address, op, verb, reason, ...(dueInMs > 0 ? { details: Math.ceil(dueInMs) } : {}),
    });
  }
}

shownAs(AddressRefImpl, (it) => `AddressRef(${it.definition.name} ${it.address})`);
