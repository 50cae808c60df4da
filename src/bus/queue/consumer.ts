import { CastcallError, Deadline, handled, OptionError, settle } from '../../base/index.js';
import { fieldOf, isA, shownAs } from '../../base/text/index.js';
import { Verb } from '../../behaviour/gen/request/index.js';
import { fenced, Phase, Process } from '../../process/record/index.js';
import type { Holding } from '../../process/record/index.js';
import { Cell, hold, letGo } from '../../router/names/index.js';
import type { Awaiting } from '../../router/names/index.js';
import type { QueueConsumer } from '../../api/bus/queue.js';
import type { ReadConsume } from './consume-options.js';
import { readConsume } from './consume-options.js';
import type { LeaseImpl } from './lease.js';
import type { Taker } from './wait.js';
import type { WorkQueue } from './work-queue.js';

/** How long it is waited for who has no room, or is found otherwise than by a registered name. */
const ABSENT_MS = 100;
/** The agent has not seen the item; an EXIT tells that of a put only, which was waiting for room. */
const NOT_TRIED: ReadonlySet<unknown> = new Set(['NOPROC', 'MAILBOX_FULL', 'OVERLOADED', 'MAILBOX_CLOSED', 'EVICTED']);

/**
 * Agents that consume a queue. With a free place it stands in the line of those who wait; what it
 * is given goes to the agent, and comes back to the queue as done or as a failed attempt.
 */
export class Consumer extends Deadline implements Taker, Holding, Awaiting, QueueConsumer {
  prior: Taker | null = null;
  next: Taker | null = null;
  running = 0;
  private over = false;
  private inLine = false;
  /** the name that it waits for */
  private away: Cell | null = null;
  private readonly ended: (() => void)[] = [];
  private constructor(
    private readonly queue: WorkQueue,
    private readonly owner: Process | null,
    private readonly asked: ReadConsume,
  ) {
    super();
  }

  static start(queue: WorkQueue, owner: Process | null, ref: unknown, options: unknown): Consumer {
    const asked = readConsume(queue.kernel, queue.leaseMs, ref, options);
    if (fenced(owner)) {
      throw queue.failed('ZOMBIE', 'consume', `the process ${(owner as Process).pid} has ended`);
    }
    if (queue.isOver) throw queue.refusal('consume');
    const made = new Consumer(queue, owner, asked);
    if (made.isGone) {
      throw new OptionError(
        'queue.consume', ref, 'an agent that lives', 'it has ended; a ref by name reaches the next', 'NOPROC',
      );
    }
    for (const p of made.holders()) hold(p, made);
    made.rejoin();
    return made;
  }

  get stopped(): boolean {
    return this.over || this.queue.isOver;
  }

  get shown(): string {
    const { queue, asked: { verb, op, concurrency }, running } = this;
    return `Consumer(${queue.title}: ${verb} '${op}', ${this.stopped ? 'stopped' : `${running} of ${concurrency}`})`;
  }

  stop(): Promise<void> {
    this.quit();
    return this.queue.kernel.answer(handled(new Promise<void>((resolve) => {
      if (this.running === 0) resolve();
      else this.ended.push(resolve);
    })));
  }

  /* ---- in line ---- */

  ready(): boolean {
    const { owner } = this;
    if (this.isGone || (owner !== null && owner.phase === Phase.Dead)) this.quit();
    else if (this.isAbsent) this.pause();
    return this.inLine;
  }

  take(): void {
    this.inLine = false;
    if (this.asked.verb === 'cast' && this.queue.leases) this.castLease();
    else this.send();
    this.rejoin();
  }

  refuse(): void {
    this.inLine = false;
    this.quit();
  }

  close(): void {
    this.refuse();
  }

  expire(): void {
    this.rejoin();
  }

  release(): void {
    this.quit();
  }

  /** Somebody has the name, and is just starting: it goes on with the clock. */
  arrived(): void {
    this.away = null;
    this.queue.kernel.deadlines.add(this, 0);
  }

  /* ---- to the agent ---- */

  /** The item goes to the agent, and is the consumer's until that has answered. */
  private send(): void {
    const { queue, asked: { ref, verb, op, timeoutMs } } = this;
    const lease = this.lend(-1);
    let answer: Promise<unknown>;
    try {
      answer = verb === 'call'
        ? ref.dispatch(Verb.Call, null, op, lease.item, { timeoutMs: timeoutMs < 0 ? 'infinity' : timeoutMs })
        : ref.dispatch(Verb.Put, null, op, lease.item, { timeoutMs: 'infinity' });
    } catch (error) {
      queue.items.nack(lease, undefined, error);
      return;
    }
    settle(answer, () => queue.items.ack(lease), (error) => this.failed(lease, error));
  }

  private failed(lease: LeaseImpl, error: unknown): void {
    const code = isA(error, CastcallError) ? fieldOf(error, 'code') : undefined;
    if (NOT_TRIED.has(code) || (this.asked.verb === 'cast' && code === 'EXIT')) this.giveBack(lease);
    else this.queue.items.nack(lease, undefined, error);
  }

  /** The lease goes to the agent, which holds it: it ends there, or with that process. */
  private castLease(): void {
    const { queue: { items, leaseMs }, asked: { ref, op } } = this;
    const lease = this.lend(leaseMs);
    try {
      const to = ref.chosen(op, lease);
      const p = to === null ? null : to.addr.owner;
      if (to === null || p === null) this.giveBack(lease);
      else {
        lease.heldBy(p);
        if (to.dispatch(Verb.TryCast, null, op, lease, undefined) !== 'ok') this.giveBack(lease);
      }
    } catch (error) {
      items.nack(lease, undefined, error);
    }
  }

  private lend(ms: number): LeaseImpl {
    const { items } = this.queue;
    const lease = items.lend(items.next, null, ms);
    this.running++;
    lease.onOver = () => this.freed();
    return lease;
  }

  private freed(): void {
    this.running--;
    this.rejoin();
    if (this.over && this.running === 0) for (const resolve of this.ended.splice(0)) resolve();
  }

  /** That was no attempt; the agent may be there, or have room, a little later. */
  private giveBack(lease: LeaseImpl): void {
    this.pause();
    this.queue.items.giveBack(lease);
  }

  /* ---- whether it stands in line ---- */

  private rejoin(): void {
    if (this.inLine || this.over || this.entry !== null || this.away !== null) return;
    if (this.running >= this.asked.concurrency) return;
    this.inLine = true;
    this.queue.join(this);
  }

  private pause(): void {
    this.leaveLine();
    if (this.over || this.entry !== null || this.away !== null) return;
    const { addr } = this.asked.ref;
    if (addr instanceof Cell && addr.owner === null) {
      this.away = addr;
      addr.await(this);
    } else this.queue.kernel.deadlines.add(this, ABSENT_MS);
  }

  private leaveLine(): void {
    if (!this.inLine) return;
    this.inLine = false;
    this.queue.quit(this);
  }

  private quit(): void {
    if (this.over) return;
    this.over = true;
    this.leaveLine();
    this.away?.forget(this);
    this.away = null;
    this.queue.kernel.deadlines.remove(this);
    for (const p of this.holders()) letGo(p, this);
  }

  /** The processes with whose end it ends. */
  private holders(): Process[] {
    const { owner, asked: { ref: { addr } } } = this;
    return [owner, addr].filter((one): one is Process => one instanceof Process);
  }

  /** A process, unlike a name, never comes back. */
  private get isGone(): boolean {
    const { addr } = this.asked.ref;
    return 'pid' in addr && addr.owner === null;
  }

  private get isAbsent(): boolean {
    const { addr } = this.asked.ref;
    return addr instanceof Cell && addr.owner === null;
  }
}

shownAs(Consumer, (it) => it.shown);
