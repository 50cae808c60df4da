import { isOrderly, Own } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { Line } from '../../base/text/index.js';
import type { Standing } from '../../base/text/index.js';
import { AgentRefImpl, runtimeOf } from '../../behaviour/gen/index.js';
import type { RuntimeDefinition } from '../../behaviour/gen/index.js';
import { Verb } from '../../behaviour/gen/request/index.js';
import { ServerDefinition } from '../../behaviour/gen/server/index.js';
import type { AgentSelf } from '../../behaviour/gen/server/index.js';
import { ReplySlot } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import { Intensity } from '../../supervisor/core/index.js';
import { dynamicDefinition } from '../../supervisor/dynamic/index.js';
import type { AnyDefinition } from '../../api/protocol.js';
import type { MonitorRef } from '../../api/address.js';
import type { From } from '../../api/agent.js';
import { Down } from '../../api/messages.js';
import { loadOf } from './member.js';
import type { PoolPlan } from './pool-options.js';

/** The arguments of a worker are all in its template. */
const NO_MORE: Own<readonly unknown[]> = new Own([]);

/** One checkout, from its request to its release. */
export class Ticket {}

/** What a checkout is answered with. */
export class Grant {
  constructor(readonly p: Process | null, readonly error: unknown) {}
}

class Slot {
  lease: Ticket | null = null;
  /** since when it has had nothing to do, as far as is known, and what it had handled by then */
  idleSince: number;
  handled: number;
  constructor(readonly p: Process, now: number) {
    this.idleSince = now;
    this.handled = p.mailbox.handled;
  }
}

/** Who has asked for a worker, or has one. */
class Claim implements Standing<Claim> {
  prior: Claim | null = null;
  next: Claim | null = null;
  slot: Slot | null = null;
  constructor(
    readonly ticket: Ticket,
    readonly from: From,
    /** watches who asked; null for the outside */
    readonly owner: MonitorRef | null,
  ) {}
}

/** Who waits for a worker, first come first served. */
class Waiting {
  private readonly line = new Line<Claim>();
  private readonly byTicket = new Map<Ticket, Claim>();

  get size(): number {
    return this.line.size;
  }
  get first(): Claim | null {
    return this.line.first;
  }
  add(claim: Claim): void {
    this.byTicket.set(claim.ticket, claim);
    this.line.push(claim);
  }
  get(ticket: Ticket): Claim | undefined {
    return this.byTicket.get(ticket);
  }
  delete(ticket: Ticket): void {
    const claim = this.byTicket.get(ticket);
    if (claim === undefined) return;
    this.byTicket.delete(ticket);
    this.line.remove(claim);
  }
}

class Started {
  constructor(readonly pid: unknown, readonly error: unknown) {}
}
const TICK: unique symbol = Symbol('tick');
/** a worker has become unhealthy, or healthy again */
const TURNED: unique symbol = Symbol('turned');

function isWell(p: Process): boolean {
  return p.ext?.health?.unbalanced !== true;
}

/** The workers of one pool and who waits for one; read by its refs without a message. */
export class PoolState {
  readonly slots: Map<Process, Slot> = new Map();
  readonly watched: Map<MonitorRef, Ticket | Process> = new Map();
  readonly waiting: Waiting = new Waiting();
  readonly leases: Map<Ticket, Claim> = new Map();
  readonly stopping: Set<Process> = new Set();
  readonly intensity: Intensity;
  starting = 0;
  grown = 0;
  shrunk = 0;
  crashed = 0;
  ticking = false;
  /** a ref has asked for one more worker, and the manager has not heard it yet */
  asked = false;
  private flat: readonly Process[] | null = null;
  constructor(
    readonly plan: PoolPlan,
    /** the supervisor of the workers, with the manager as sender */
    readonly workers: AgentRefImpl,
  ) {
    this.intensity = new Intensity(plan.intensity, plan.periodMs);
  }

  get total(): number {
    return this.slots.size + this.starting + this.stopping.size;
  }

  /** Who takes what is sent to the pool: those that are well and nobody has checked out, or all when there are none. */
  get takers(): readonly Process[] {
    if (this.flat !== null) return this.flat;
    const all = [...this.slots.values()];
    const free = all.filter((slot) => slot.lease === null && isWell(slot.p));
    return (this.flat = (free.length > 0 ? free : all).map((slot) => slot.p));
  }

  /** Somebody came, went, was checked out or released. */
  changed(): void {
    this.flat = null;
  }
}

type Manager = AgentSelf & { state: PoolState };

async function init(this: AgentSelf, plan: PoolPlan): Promise<PoolState> {
  const { p } = this;
  const dynamic = dynamicDefinition();
  const supervisor =
    p.kernel.live.list()
      .find((one) => one.parent === p.parent && one.behaviour === dynamic.behaviour) as Process;
  const state = new PoolState(plan, new AgentRefImpl(supervisor, dynamic, p.kernel, p));
  const self = this as Manager;
  if (!plan.warmUp) for (let n = 0; n < plan.min; n++) startOne(self, state);
  else for (const pid of await Promise.all(
    Array.from({ length: plan.min }, () => ask(state, 'startChild', NO_MORE)),
  )) {
    // One that has ended meanwhile is replaced, as it is later on.
    if (take(self, state, pid)) continue;
    if (!state.intensity.allows(p.kernel.env.mono())) return self.stop({ workersFailed: ENDED }) as never;
    p.kernel.counts.restarts++;
    startOne(self, state);
  }
  return state;
}

/** The reason of a worker that had ended before its manager heard of it. */
const ENDED = 'ended at once';

function ask(state: PoolState, op: string, payload: unknown): Promise<unknown> {
  return state.workers.call(op, payload, { timeoutMs: 'infinity' });
}

/* ---- workers come and go ---- */

function startOne(self: Manager, state: PoolState): void {
  state.starting++;
  // A call would be one for the checkout that is being handled, and be given up with it: the worker
  // would be started, and nobody's.
  state.workers.dispatch(Verb.Request, self.p, 'startChild', NO_MORE, {
    value: (pid: unknown) => self.send(self.pid, new Started(pid, undefined)),
    failed: (error: unknown) => self.send(self.pid, new Started(null, error)),
  });
}

/** False when it has ended already. */
function take(self: Manager, state: PoolState, pid: unknown): boolean {
  const { kernel } = self.p;
  const p = typeof pid === 'string' ? kernel.byPid(pid) : undefined;
  if (p === undefined) return false;
  state.slots.set(p, new Slot(p, kernel.env.mono()));
  state.watched.set(self.monitor(p.pid), p);
  const health = p.ext?.health;
  if (health !== null && health !== undefined) health.changed = () => self.send(self.pid, TURNED);
  state.changed();
  return true;
}

function started(self: Manager, { pid, error }: Started): unknown {
  const { state } = self;
  state.starting--;
  if (!take(self, state, pid)) return failed(self, error ?? ENDED, true);
  if (state.slots.size > state.plan.min) state.grown++;
  serve(self);
  return tick(self);
}

function workerEnded(self: Manager, p: Process, reason: ExitReason): unknown {
  const { state } = self;
  if (state.stopping.delete(p)) return serve(self);
  const slot = state.slots.get(p);
  state.slots.delete(p);
  state.changed();
  if (slot !== undefined && slot.lease !== null) forget(self, state.leases, slot.lease);
  if (!isOrderly(reason)) state.crashed++;
  return failed(self, reason, false);
}

/** One worker less than there should be: another is started, unless that happens too often. */
function failed(self: Manager, reason: unknown, inStart: boolean): unknown {
  const { state } = self;
  if (!state.intensity.allows(self.p.kernel.env.mono())) return self.stop({ workersFailed: reason });
  const { first } = state.waiting;
  if (inStart && first !== null && state.slots.size === 0) {
    forget(self, state.waiting, first.ticket);
    self.reply(first.from, new Grant(null, reason));
  }
  const { starting } = state;
  while (state.total < state.plan.min) startOne(self, state);
  serve(self);
  if (state.starting > starting) self.p.kernel.counts.restarts++;
  return undefined;
}

/** Ends what has been idle for long, as long as more than `min` are there. */
function tick(self: Manager): undefined {
  const { state } = self;
  const { min, idleMs } = state.plan;
  if (state.ticking || idleMs === Infinity || state.slots.size <= min) return;
  state.ticking = true;
  self.sendAfter(Math.ceil(idleMs / 4), TICK);
}

function shrink(self: Manager): undefined {
  const { state } = self;
  const { min, idleMs } = state.plan;
  const now = self.p.kernel.env.mono();
  state.ticking = false;
  for (const slot of [...state.slots.values()].reverse()) {
    const { p } = slot;
    if (slot.lease !== null || loadOf(p) > 0 || p.mailbox.handled !== slot.handled) {
      slot.idleSince = now;
      slot.handled = p.mailbox.handled;
    } else if (now - slot.idleSince >= idleMs && state.slots.size > min) {
      state.slots.delete(p);
      state.stopping.add(p);
      state.changed();
      state.shrunk++;
      ask(state, 'terminateChild', p.pid).catch(() => undefined);
    }
  }
  return tick(self);
}

/* ---- checkouts ---- */

/** Gives workers to those who wait, in their order; starts more when none is idle and there may be more. */
function serve(self: Manager): undefined {
  const { state } = self;
  for (let claim = state.waiting.first; claim !== null; claim = state.waiting.first) {
    if (claim.from.settled) {
      forget(self, state.waiting, claim.ticket);
      continue;
    }
    const best = lightest(state);
    if (best === null || (loadOf(best.p) > 0 && state.total < state.plan.max)) break;
    grant(self, claim, best);
  }
  while (state.starting < state.waiting.size && state.total < state.plan.max) startOne(self, state);
}

function lightest(state: PoolState): Slot | null {
  let best: Slot | null = null;
  for (const slot of state.slots.values()) {
    if (slot.lease === null && slot.p.owner !== null && isWell(slot.p)
      && (best === null || loadOf(slot.p) < loadOf(best.p))) best = slot;
  }
  return best;
}

function grant(self: Manager, claim: Claim, slot: Slot): void {
  const { state } = self;
  const { ticket } = claim;
  state.waiting.delete(ticket);
  claim.slot = slot;
  slot.lease = ticket;
  state.leases.set(ticket, claim);
  state.changed();
  if (!self.reply(claim.from, new Grant(slot.p, undefined))) release(self, ticket);
}

function checkout(self: Manager, ticket: Ticket): unknown {
  const { state } = self;
  const from = self.from as From;
  const caller = from instanceof ReplySlot ? from.caller : null;
  const owner = caller === null ? null : self.monitor(caller.pid);
  if (owner !== null) state.watched.set(owner, ticket);
  state.waiting.add(new Claim(ticket, from, owner));
  const later = self.noreply();
  serve(self);
  return later;
}

/** Also of one that still waits. */
function release(self: Manager, ticket: Ticket): undefined {
  const { state } = self;
  const lease = forget(self, state.leases, ticket);
  forget(self, state.waiting, ticket);
  if (lease === undefined) return;
  const slot = lease.slot as Slot;
  slot.lease = null;
  slot.idleSince = self.p.kernel.env.mono();
  state.changed();
  serve(self);
}

function forget(self: Manager, claims: Waiting | Map<Ticket, Claim>, ticket: Ticket): Claim | undefined {
  const claim = claims.get(ticket);
  claims.delete(ticket);
  if (claim === undefined || claim.owner === null) return claim;
  self.demonitor(claim.owner, { flush: true });
  self.state.watched.delete(claim.owner);
  return claim;
}

function grow(self: Manager): void {
  const { state } = self;
  state.asked = false;
  if (state.starting === 0 && state.total < state.plan.max) startOne(self, state);
}

function info(self: Manager, message: unknown): unknown {
  if (message instanceof Started) return started(self, message);
  if (message === TICK) return shrink(self);
  if (message === TURNED) {
    self.state.changed();
    return serve(self);
  }
  if (!(message instanceof Down)) return undefined;
  const { ref } = message;
  const whom = self.state.watched.get(ref);
  self.state.watched.delete(ref);
  if (whom instanceof Ticket) return release(self, whom);
  return whom === undefined ? undefined : workerEnded(self, whom, message.reason);
}

let made: AnyDefinition | null = null;

/** The manager of a pool is an agent like any other; its definition is made once. */
export function managerDefinition(): AnyDefinition {
  made ??= new ServerDefinition({
    name: 'pool manager', init, info, calls: { checkout }, casts: { release, grow },
  });
  return made;
}

export function managerRuntime(): RuntimeDefinition {
  return runtimeOf(managerDefinition());
}
