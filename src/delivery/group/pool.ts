import {
  adopt, callError, CastcallError, handled, OptionError, timeoutMs,
} from '../../base/index.js';
import { fieldOf, isA, isError, shownAs } from '../../base/text/index.js';
import {
  AgentRefImpl, checkArgs, checkKeys, planOf, rejected, runtimeOf, splitArgs,
} from '../../behaviour/gen/index.js';
import type { RuntimeDefinition } from '../../behaviour/gen/index.js';
import { Verb } from '../../behaviour/gen/request/index.js';
import type { Gives, HandlePlaceImpl } from '../../behaviour/gen/request/index.js';
import { AgentSelf } from '../../behaviour/gen/server/index.js';
import { isOurs, judged } from '../../process/record/index.js';
import type { Address, Judge, Kernel, NameCell, Process } from '../../process/record/index.js';
import { checkName } from '../../router/names/index.js';
import { addressName } from '../../router/request/index.js';
import { simpleSupervisor, template } from '../../supervisor/dynamic/index.js';
import { checkTree, child, ChildSpec } from '../../supervisor/spec/index.js';
import { supervisorDefinition, SupervisorState } from '../../supervisor/static/index.js';
import type { AnyDefinition, ArgsThen, HasHandle, InitArgs } from '../../api/protocol.js';
import type { Pid } from '../../api/address.js';
import type { CheckoutOptions, PoolOptions, PoolRef, PoolStats } from '../../api/pool.js';
import { Balance } from './balance.js';
import { BalancedRef } from './balancer.js';
import { loadOf, type BalanceMember } from './member.js';
import { PoolAddress } from './pool-address.js';
import { PoolExhaustedError } from './pool-error.js';
import type { Grant } from './pool-manager.js';
import { managerDefinition, managerRuntime, PoolState, Ticket } from './pool-manager.js';
import { readPool } from './pool-options.js';

const CHECKOUT_MS = 5_000;
const NO_WORKERS: readonly Process[] = [];

/**
 * Specifies a pool under a supervisor: `pool(id, Definition, ...initArgs, options?)`. It is a
 * supervisor with a manager and the workers, and restarted as a whole when more workers fail than
 * `intensity` allows. Use it by `system.ref(poolOf(Definition), id)`, or by the specification:
 * `system.ref(spec)`.
 *
 * Errors: an OptionError for a bad option, `BAD_COMBINATION` when `min` is above `max`.
 *
 * @example
 * const Browser = defineAgent({ init: (home: string) => ({ home }), calls: { open: (self, path: string) => self.state.home + path } });
 * await system.supervise({ children: [pool('browsers', Browser, 'https://example.org', { min: 1, max: 4 })] });
 * const browsers = system.ref(poolOf(Browser), 'browsers');
 * await browsers.run((browser) => browser.call('open', '/a')); // => 'https://example.org/a'
 * await browsers.call('open', '/b'); // => 'https://example.org/b'
 * browsers.stats().size; // => 1
 * @since 0.2.0
 */
export function pool<D extends AnyDefinition>(
  id: string, definition: D, ...args: ArgsThen<InitArgs<D>, PoolOptions>
): ChildSpec<PoolRef<D>> {
  if (typeof id !== 'string'
    || id.length === 0) throw new OptionError('pool.id', id, 'a text that is not empty');
  const where = `pool '${id}'`;
  const made = runtimeOf(definition);
  const { init, options: given } = splitArgs(args, made.init === null ? 0 : made.init.length);
  checkArgs(where, init, made);
  const { options, plan } = readPool(where, given ?? {});
  const worker = {
    restart: 'temporary', name: false, timeoutMs: options.startTimeoutMs ?? 30_000, mailbox: options.mailbox,
    shutdown: options.shutdown, health: options.health,
  } as const;
  const tree = checkTree(where, {
    strategy: 'one_for_all',
    intensity: 0,
    children: [
      simpleSupervisor('workers', template(definition, init as never, worker as never)),
      child('manager', managerDefinition(), plan, { name: false }),
    ],
  });
  const name = checkName(`${where}.name`, options.name ?? id);
  return new ChildSpec<PoolRef<D>>({
    id, type: 'supervisor', restart: 'permanent', shutdownMs: -1, significant: false,
    plan: planOf(supervisorDefinition(), [tree], { name }),
    ownName: name,
    refTo: (addr, kernel) => new PoolRefImpl(new PoolBalance(addr, made, kernel), null),
  });
}

/** The manager of the pool at an address; null while there is none. */
function managerAt(addr: Address): Process | null {
  const self = addr.owner?.self;
  if (!(self instanceof AgentSelf && self.state instanceof SupervisorState)) return null;
  return self.state.family.byId.get('manager')?.process?.owner ?? null;
}

function stateOf(manager: Process | null): PoolState | null {
  const self = manager?.self;
  return self instanceof AgentSelf && self.state instanceof PoolState ? self.state : null;
}

/** Shares out among the workers, and asks for one more when the least loaded is busy. */
class PoolBalance extends Balance {
  readonly address: PoolAddress;
  /** one more worker is started when none is idle: that must be known, however many there are */
  override readonly lookedAtAll: number = Infinity;
  constructor(
    readonly pool: Address,
    definition: RuntimeDefinition,
    kernel: Kernel,
  ) {
    super(
      kernel, definition, 'least-loaded', addressName(pool), null,
      () => stateOf(managerAt(pool))?.takers ?? NO_WORKERS,
    );
    this.address = new PoolAddress(pool, () => this.pick('deliver', undefined)?.taker ?? null);
  }

  override pick(op: string, payload: unknown): BalanceMember | null {
    const member = super.pick(op, payload);
    const manager = managerAt(this.pool);
    const state = stateOf(manager);
    if (manager === null || state === null || state.asked || state.starting > 0
      || state.total >= state.plan.max) {
      return member;
    }
    const taker = member?.taker ?? null;
    if (taker !== null && loadOf(taker) === 0) return member;
    state.asked = true;
    new AgentRefImpl(manager, managerRuntime(), this.kernel, null).dispatch(
      Verb.Cast, null, 'grow', undefined, undefined,
    );
    return member;
  }
}

/** The ref of a pool. */
class PoolRefImpl extends BalancedRef {
  constructor(
    private readonly workers: PoolBalance,
    sender: Process | null,
  ) {
    super(workers, sender);
  }

  get shown(): string {
    const { size, busy } = this.stats() as PoolStats;
    return `Pool(${this.workers.addr.name}: ${size} workers, ${busy} busy)`;
  }

  override get pid(): Pid | undefined {
    return this.workers.pool.owner?.pid;
  }

  override sentBy(sender: Process | null): PoolRefImpl {
    return new PoolRefImpl(this.workers, sender);
  }

  /** A delivery is the pool's, not its worker's: when that one ends, another takes it. */
  override dispatch<V extends Verb>(
    verb: V, sender: Process | null, op: string, payload: unknown, options: object | undefined,
  ): Gives[V] {
    return verb === Verb.Deliver || (verb === Verb.Call && isGuaranteed(options))
      ? this.anyone.dispatch(verb, sender, op, payload, options)
      : super.dispatch(verb, sender, op, payload, options);
  }

  private get anyone(): AgentRefImpl {
    return new AgentRefImpl(this.workers.address, this.definition, this.kernel, this.sender);
  }

  checkout(options: CheckoutOptions = {}): Promise<PooledRefImpl> {
    return this.kernel.answer(handled(this.#checkout(this.implied('checkout'), options)));
  }

  run<T>(fn: (worker: PooledRefImpl) => T | PromiseLike<T>, options?: CheckoutOptions): Promise<T> {
    const use = new Use(this.sender ?? this.kernel.current, options);
    return judged(this.#run(fn, use, options), use);
  }

  async #run<T>(
    fn: (worker: PooledRefImpl) => T | PromiseLike<T>, use: Use, options?: CheckoutOptions,
  ): Promise<T> {
    if (typeof fn !== 'function') throw new OptionError('pool.run', fn, 'a function of a worker');
    const worker = await this.checkout(options);
    use.begun = true;
    try {
      return await adopt(fn(worker));
    } finally {
      worker.release();
    }
  }

  async #checkout(sender: Process | null, options: CheckoutOptions): Promise<PooledRefImpl> {
    checkKeys('checkout', options, ['timeoutMs', 'signal']);
    const limit = timeoutMs('checkout.timeoutMs', options.timeoutMs, CHECKOUT_MS);
    const target = this.workers.addr.name;
    const manager = managerAt(this.workers.pool);
    if (manager === null) {
      return this.#isOther()
        ? rejected(this.kernel, 'PROTOCOL_MISMATCH', target, 'checkout', {})
        : rejected(this.kernel, 'NOPROC', target, 'checkout', { reason: 'noproc' });
    }
    const ref = new AgentRefImpl(manager, managerRuntime(), this.kernel, sender);
    const ticket = new Ticket();
    let granted: Grant;
    try {
      granted = (await ref.dispatch(
        Verb.Call, sender, 'checkout', ticket,
        { timeoutMs: limit < 0 ? 'infinity' : limit, signal: options.signal },
      )) as Grant;
    } catch (error) {
      ref.dispatch(Verb.Cast, null, 'release', ticket, undefined);
      if (isA(error, CastcallError) && fieldOf(error, 'code') === 'TIMEOUT') {
        throw new PoolExhaustedError(target, limit, stateOf(manager)?.slots.size ?? 0);
      }
      throw error;
    }
    if (granted.p === null) {
      throw isError(granted.error)
        ? granted.error
        : callError('EXIT', { target, op: 'checkout', reason: granted.error });
    }
    if (granted.p.behaviour !== this.definition.behaviour) {
      ref.dispatch(Verb.Cast, null, 'release', ticket, undefined);
      return rejected(this.kernel, 'PROTOCOL_MISMATCH', target, 'checkout', {});
    }
    return new PooledRefImpl(
      new Lease(granted.p, () => ref.dispatch(Verb.Cast, null, 'release', ticket, undefined)),
      this.definition, this.kernel, sender,
    );
  }

  /** The owner of that name is no pool, nor one that starts. */
  #isOther(): boolean {
    const { owner } = this.workers.pool;
    return owner !== null && owner.behaviour !== supervisorDefinition().behaviour;
  }

  override stats(): never {
    const state = stateOf(managerAt(this.workers.pool));
    const slots = [...(state?.slots.values() ?? [])];
    const busy = slots.filter((slot) => slot.lease !== null || loadOf(slot.p) > 0).length;
    const stats: PoolStats = {
      size: slots.length, busy, idle: slots.length - busy, checkedOut: state?.leases.size ?? 0,
      starting: state?.starting
        ?? 0, waiting: state?.waiting.size ?? 0,
      grown: state?.grown ?? 0, shrunk: state?.shrunk ?? 0, crashed: state?.crashed ?? 0,
    };
    return stats as never;
  }
}

/** One run of a function with a worker; until the function is called all that goes wrong is the pool's word. */
class Use implements Judge {
  begun = false;
  constructor(
    private readonly caller: Process | null,
    private readonly options: CheckoutOptions | undefined,
  ) {}

  ours(error: unknown): boolean {
    return !this.begun || isOurs(this.caller, this.options?.signal ?? null, error);
  }
}

/** The address of a worker that is checked out: nobody is there once it is released. */
class Lease implements NameCell {
  over = false;
  constructor(
    private readonly p: Process,
    private readonly giveBack: () => void,
  ) {}

  get owner(): Process | null {
    return this.over ? null : this.p.owner;
  }

  get name(): string {
    return this.p.title;
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    this.giveBack();
  }
}

class PooledRefImpl extends AgentRefImpl {
  constructor(
    private readonly lease: Lease,
    definition: RuntimeDefinition,
    kernel: Kernel,
    sender: Process | null,
  ) {
    super(lease, definition, kernel, sender);
  }

  override sentBy(sender: Process | null): PooledRefImpl {
    return new PooledRefImpl(this.lease, this.definition, this.kernel, sender);
  }

  release(): void {
    this.lease.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.release();
    return Promise.resolve();
  }
}

function isGuaranteed(options: object | undefined): boolean {
  return (options as { readonly guarantee?: unknown } | undefined)?.guarantee !== undefined;
}

/**
 * The ref of a pool by name or pid, for whoever has only the definition of its workers:
 * `system.ref(poolOf(Definition), name)`. The specification itself does as well.
 *
 * @example
 * const Worker = defineAgent({ calls: { pid: (self) => self.pid } });
 * await system.supervise({ children: [pool('workers', Worker, { min: 2 })] });
 * await using worker = await system.ref(poolOf(Worker), 'workers').checkout();
 * await worker.call('pid') === worker.pid; // => true
 * @since 0.2.0
 */
export function poolOf<D extends AnyDefinition>(definition: D): HasHandle<PoolRef<D>> {
  const made = runtimeOf(definition);
  return {
    handleAt: ({ addr, host }: HandlePlaceImpl) =>
      new PoolRefImpl(new PoolBalance(addr, made, host.kernel), null),
  };
}

shownAs(PoolRefImpl, (it) => it.shown);
