import { CastcallError, Deadline, delayMs, handled, OptionError, unstacked } from '../../base/index.js';
import { checkKeys } from '../../behaviour/gen/index.js';
import { abandonRun, type AgentSelf } from '../../behaviour/gen/server/index.js';
import { allRecords, decode, encode, type Journal } from '../../journal/index.js';
import { Run } from '../../process/record/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import type { PendingWait, Waits } from '../../api/durable/steps.js';
import { parked, unparked, type Message } from '../guarantee/index.js';
import type { StoredMessage } from './stored-message.js';
import { storedOf } from './steps.js';

const FORMAT = 1;
const ID_MAX = 256;
type State = 'pending' | 'resolved' | 'rejected' | 'expired';
type Row = readonly [number, string, number, string, number, State, unknown, number];

/** A wait, as its record has it. */
export interface WaitRecord {
  readonly agent: string;
  /** of the message that waits */
  readonly seq: number;
  readonly op: string;
  /** wall clock, ms since 1970 */
  readonly since: number;
  readonly state: State;
  /** what was decided */
  readonly value: unknown;
  /** wall clock, ms since 1970; 0 for never */
  readonly dueAt: number;
}

/** Throws a coded error for what no castcall has written. */
export function decodeWait(bytes: Uint8Array): WaitRecord {
  const [, agent, seq, op, since, state, value, dueAt] = decode(bytes) as Row;
  return { agent, seq, op, since, state, value, dueAt };
}

/** One decision that a message waits for. As a deadline it is its end. */
class Wait extends Deadline {
  state: State = 'pending';
  value: unknown = undefined;
  /** the message, while it is parked in this life */
  message: Message | null = null;
  constructor(
    private readonly waits: DurableWaits,
    readonly id: string,
    readonly agent: string,
    readonly seq: number,
    readonly op: string,
    readonly since: number,
    /** wall clock, ms since 1970; 0 for never */
    readonly dueAt: number,
  ) {
    super();
  }

  expire(): void {
    void this.waits.expire(this.id).catch(() => undefined); // the store has failed: a later life tries again
  }

  get row(): Row {
    return [FORMAT, this.agent, this.seq, this.op, this.since, this.state, this.value, this.dueAt];
  }
}

/**
 * Durable waits: who asks is parked, its run given up, until the first decision; then it runs again
 * from its beginning and finds the decision here. A wait goes with the row of its message.
 */
export class DurableWaits implements Waits {
  private readonly byId = new Map<string, Wait>();
  private readonly bySeq = new Map<number, Set<Wait>>();
  /** what the run of a handler has asked for before it was parked */
  private readonly asked = new WeakMap<Message, Map<string, number>>();
  constructor(
    private readonly journal: Journal,
    private readonly kernel: Kernel,
  ) {}

  /* ---- of the agent ---- */

  /** Never settles when there is no decision: the run is given up as soon as the handler waits for it. */
  wait(p: Process, id: unknown, options: unknown): Promise<unknown> {
    const stored = storedOf(p, 'wait');
    const name = checkId('self.wait.id', id);
    const limit = checkLimit(options);
    const known = this.byId.get(name);
    if (known !== undefined && known.seq !== stored.seq) {
      throw new OptionError(
        'self.wait.id', name, 'an id of its own', `the message '${known.op}' of '${known.agent}' waits for it`,
        'WAIT_TAKEN',
      );
    }
    if (known !== undefined && known.state !== 'pending') return outcomeOf(known);
    const { message } = stored;
    const asked = this.asked.get(message);
    if (asked !== undefined) asked.set(name, limit);
    else {
      this.asked.set(message, new Map([[name, limit]]));
      this.kernel.env.microtask(() => this.park(p, stored));
    }
    return new Promise(() => undefined);
  }

  private park(p: Process, stored: StoredMessage): void {
    const { message } = stored;
    const asked = this.asked.get(message);
    this.asked.delete(message);
    // It was not awaited, and is over; or its agent has ended, and the message comes again.
    if (asked === undefined || !message.running || p.from !== message || p.run !== Run.Parked) return;
    const now = this.kernel.env.wall();
    try {
      for (const [id, limit] of asked) {
        const known = this.byId.get(id);
        const wait = known
          ?? new Wait(this, id, stored.stream, stored.seq, message.op.name, now, limit === 0 ? 0 : now + limit);
        if (known === undefined) this.add(wait, limit);
        this.write(wait);
        wait.message = message;
      }
    } catch (error) {
      // the store takes nothing any more: the handler ends as by any other failure
      this.kernel.end(p, error);
      return;
    }
    stored.leavesAgent();
    parked(message.to, message);
    p.ext?.turn?.drop(p.self as AgentSelf);
    abandonRun(p);
  }

  private add(wait: Wait, limit: number): void {
    this.byId.set(wait.id, wait);
    const mine = this.bySeq.get(wait.seq);
    if (mine === undefined) this.bySeq.set(wait.seq, new Set([wait]));
    else mine.add(wait);
    if (limit > 0 && wait.state === 'pending') this.kernel.deadlines.add(wait, limit);
  }

  private write(wait: Wait): void {
    this.journal.put('wait', wait.id, encode(wait.row, `the decision of '${wait.id}'`));
  }

  /* ---- of those who decide ---- */

  list(): PendingWait[] {
    return [...this.byId.values()].filter(({ state }) => state === 'pending')
      .map(({ id, agent, op, since }) => ({ id, agent, op, since }));
  }
  resolve(id: string, value?: unknown): Promise<boolean> {
    return this.decide('waits.resolve', id, 'resolved', value);
  }
  reject(id: string, reason?: unknown): Promise<boolean> {
    return this.decide('waits.reject', id, 'rejected', reason);
  }
  expire(id: string): Promise<boolean> {
    return this.decide('waits.expire', id, 'expired', undefined);
  }

  private decide(verb: string, id: string, state: State, value: unknown): Promise<boolean> {
    return handled(this.decided(verb, id, state, value));
  }

  private async decided(verb: string, id: string, state: State, value: unknown): Promise<boolean> {
    const wait = this.byId.get(checkId(verb, id));
    if (wait === undefined || wait.state !== 'pending') return false;
    const bytes = encode([...wait.row.slice(0, 5), state, value, wait.dueAt], `the decision of '${id}'`);
    this.journal.put('wait', wait.id, bytes);
    wait.state = state;
    // Who waits gets what a later life would get.
    wait.value = decodeWait(bytes).value;
    this.kernel.deadlines.remove(wait);
    await this.journal.flush();
    const { message } = wait;
    wait.message = null;
    if (message !== null) unparked(message.to, message);
    return true;
  }

  /* ---- of messages ---- */

  /** A message is over: its waits go, in the transaction in which its row goes. */
  over(seq: number): void {
    for (const wait of this.bySeq.get(seq) ?? []) {
      this.byId.delete(wait.id);
      this.kernel.deadlines.remove(wait);
      this.journal.drop('wait', wait.id);
    }
    this.bySeq.delete(seq);
  }

  /** A message of an earlier life: true when it waits on for a decision. */
  parks(seq: number, message: Message): boolean {
    const waits = [...this.bySeq.get(seq) ?? []];
    if (!waits.some(({ state }) => state === 'pending') || waits.some(({ state }) => state !== 'pending')) return false;
    for (const wait of waits) wait.message = message;
    return true;
  }

  /** Reads what is there. */
  async load(): Promise<void> {
    const now = this.kernel.env.wall();
    for await (const entries of allRecords(this.journal, 'wait')) {
      for (const { key, body } of entries) {
        const { agent, seq, op, since, state, value, dueAt } = decodeWait(body);
        const wait = new Wait(this, key, agent, seq, op, since, dueAt);
        wait.state = state;
        wait.value = value;
        this.add(wait, dueAt === 0 ? 0 : Math.min(Math.max(1, dueAt - now), Math.max(1, dueAt - since)));
      }
    }
  }

  /** The system has stopped. */
  close(): void {
    for (const wait of this.byId.values()) this.kernel.deadlines.remove(wait);
  }
}

function outcomeOf({ id, state, value }: Wait): Promise<unknown> {
  if (state === 'resolved') return Promise.resolve(value);
  return Promise.reject(unstacked(() => (state === 'expired'
    ? new CastcallError('WAIT_EXPIRED', `nobody has decided '${id}' in time`)
    : new CastcallError('WAIT_REJECTED', `'${id}' was rejected`, { cause: value }))));
}

function checkId(where: string, id: unknown): string {
  if (typeof id === 'string' && id !== '' && id.length <= ID_MAX) return id;
  throw new OptionError(where, id, `a text of 1 to ${ID_MAX} characters`);
}

/** ms, 0 for never */
function checkLimit(options: unknown): number {
  if (options === undefined) return 0;
  checkKeys('wait', options as object, ['timeoutMs']);
  const { timeoutMs } = options as { timeoutMs?: unknown };
  return timeoutMs === undefined ? 0 : Math.max(1, delayMs('wait.timeoutMs', timeoutMs));
}
