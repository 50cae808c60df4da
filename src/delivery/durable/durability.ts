import { handled } from '../../base/index.js';
import { isError } from '../../base/text/index.js';
import { hostOf } from '../../behaviour/gen/index.js';
import type { DurableAgent, Durables, DurableTerms, Terms } from '../../behaviour/gen/outward/index.js';
import { StreamSlot } from '../../behaviour/gen/request/index.js';
import type { RuntimeDefinition } from '../../behaviour/gen/index.js';
import { allRecords, decode, encode, type Journal, type Slice, StoreError } from '../../journal/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { type Gate, type Kernel, Phase, type Process } from '../../process/record/index.js';
import type { Router } from '../../router/index.js';
import { Cell } from '../../router/names/index.js';
import type { FailedAttempt } from '../../api/delivery.js';
import { Destination, holdRecovered, Message } from '../guarantee/index.js';
import type { KeyRecord, MessageStore, Route, Shared, Slot, Stored } from '../guarantee/index.js';
import { CrashCounts } from './aside.js';
import { AgentTurn, KeptAnswer, KeptSend, noLog } from './agent-turn.js';
import { Backlog, type Attempts, type Earlier } from './backlog.js';
import { DeadRows } from './dead-rows.js';
import { DeltaLog, readLog } from './state/delta-log.js';
import { EarlierRows } from './earlier-rows.js';
import { encodeMessage, type Envelope, type Provenance } from './envelope.js';
import { KeptRecords } from './kept-records.js';
import { KeyRows, otherOp } from './key-rows.js';
import { Operator } from './operator.js';
import type { Retention } from './retention.js';
import { OnceSteps } from './steps.js';
import { StoredLetters } from './stored-letters.js';
import type { Requeue } from './stored-redelivery.js';
import { DurableWaits } from './waits.js';
import { attemptsRow, DeferredMessage, StoredMessage } from './stored-message.js';
import { WholeState } from './state/whole-state.js';
import { TopicRows } from './topic-rows.js';

/**
 * What outlives the program in one system: stored messages, durable agents, and what they wait for.
 * Fills the ports of deliveries, of durable agents, and of the kernel's gate.
 */
export class Durability implements MessageStore, Durables, Gate, Earlier {
  ready = false;
  private closed = false;
  readonly keys: KeyRows;
  readonly dead: DeadRows;
  readonly waits: DurableWaits;
  /** items of topics of earlier lives */
  readonly topics: TopicRows;
  /** how far readers of topics are */
  readonly cursors: KeptRecords;
  /** schedules */
  readonly timers: KeptRecords;
  /** what others keep in the store: read before it is ready */
  readonly others: { load(journal: Journal): Promise<void> }[] = [];
  readonly crashes: CrashCounts;
  readonly letters: StoredLetters;
  private readonly steps: OnceSteps;
  private storeId = '';
  private operator: Operator | null = null;
  private readonly opened: Promise<void>;
  private readonly backlogs = new Map<string, Backlog>();
  private readonly attempts = new Map<number, Attempts>();
  private readonly rows = new EarlierRows();
  private readonly terms = new WeakMap<RuntimeDefinition, Map<string, Terms>>();
  queues: Requeue | null = null;
  constructor(
    readonly journal: Journal,
    private readonly kernel: Kernel,
    private readonly router: Router,
    readonly delivery: Shared,
    private readonly base: (definition: RuntimeDefinition) => Terms,
    retention: Retention,
  ) {
    const wall = (): number => this.wall();
    this.keys = new KeyRows(journal, retention.keys, wall);
    this.dead = new DeadRows(
      journal, retention.deadLetters, wall, (seq) => router.deadLetters.forget(seq, 'evicted'),
    );
    this.letters = new StoredLetters(this, router, kernel);
    this.waits = new DurableWaits(journal, kernel);
    this.topics = new TopicRows(journal, this.rows);
    this.cursors = new KeptRecords(journal, 'cursor');
    this.timers = new KeptRecords(journal, 'timer');
    this.crashes = new CrashCounts(
      journal, kernel, (name) => router.names.cell(name).owner !== null, () => this.opened,
    );
    this.steps = new OnceSteps(journal, () => this.storeId);
    this.opened = handled(this.recover());
  }

  wall(): number {
    return this.kernel.env.wall();
  }

  whenReady(): Promise<void> {
    return this.opened;
  }

  /* ---- messages ---- */

  store(d: Message, delayMs: number, joins: boolean, before: Stored | null): void {
    const wall = this.wall();
    const letter = before instanceof StoredMessage ? before : null;
    const from = letter === null ? provenanceOf(d, wall) : letter.provenance;
    const past = letter === null ? null : letter.past;
    const stored =
      new StoredMessage(this, nameOf(d), d, encodeMessage(d, delayMs, wall, from, past), delayMs, from, past);
    const turn = joins ? openTurn(d.caller) : null;
    if (turn !== null) turn.keep(stored);
    else stored.append();
    letter?.redelivered(stored);
    d.rarely().stored = stored;
  }

  defer(d: Message, delayMs: number): boolean {
    const turn = turnOf(d.caller);
    if (turn === null) return false;
    const deferred = new DeferredMessage(d.to, d, delayMs);
    if (!turn.open) return turn.after(deferred);
    turn.keep(deferred);
    return true;
  }

  recall(name: string, key: string, route: Route): KeyRecord | undefined {
    const { to, op } = route;
    const handled = this.keys.recall(to, name, key, op);
    if (handled !== undefined) return handled;
    const taken = this.keys.taken(name, key);
    if (taken === undefined) return undefined;
    if (taken.op !== op.name) {
      this.keys.keep(name, key, taken);
      return otherOp(to, key, taken);
    }
    return this.backlogs.get(name)?.meet(key, taken, route);
  }

  inTurn(sender: Process | null): boolean {
    return openTurn(sender) !== null;
  }

  recallWaiting(name: string, slot: Slot, route: Route): Message | undefined {
    const seq = this.keys.coalescing.recall(name, slot.name);
    return seq === undefined ? undefined : this.backlogs.get(name)?.meetWaiting(seq, slot, route);
  }

  payloadOf(name: string, d: Message): Promise<void> | null {
    return this.backlogs.get(name)?.payloadOf(d) ?? null;
  }

  begun(seq: number): boolean {
    return this.attempts.has(seq);
  }

  close(): void {
    this.closed = true;
    for (const backlog of this.backlogs.values()) backlog.close();
    this.waits.close();
  }

  /* ---- messages of earlier lives ---- */

  /** Names with messages of earlier lives that were not given to anybody yet; ask when it is ready. */
  waiting(): readonly string[] {
    return [...this.backlogs].filter(([, { size }]) => size > 0).map(([name]) => name);
  }

  attemptsOf(seq: number): Attempts | undefined {
    const known = this.attempts.get(seq);
    this.attempts.delete(seq);
    return known;
  }

  /** Terms of a stored message: its own, and what its agent's definition does with errors. */
  termsOf(definition: RuntimeDefinition, terms: Envelope['terms'] | null): Terms {
    if (terms === null) return this.base(definition);
    let known = this.terms.get(definition);
    if (known === undefined) this.terms.set(definition, (known = new Map()));
    const name = JSON.stringify(terms);
    let made = known.get(name);
    if (made === undefined) known.set(name, (made = { ...terms, onError: this.base(definition).onError }));
    return made;
  }

  private async recover(): Promise<void> {
    const { journal } = this;
    const { marks, findings } = await journal.ready;
    const found = journal.recover();
    let slice = await found.next();
    for (; slice.done !== true; slice = await found.next()) this.found(slice.value);
    for (const finding of [...findings, ...slice.value]) this.kernel.warn('the store is damaged', { ...finding });
    await this.loadAttempts(marks);
    await this.keys.load();
    await this.waits.load();
    for (const kept of [this.topics, this.cursors, this.timers, ...this.others]) await kept.load(journal);
    await this.crashes.load();
    await this.letters.load();
    this.storeId = await this.identify();
    this.ready = true;
    // The system has stopped meanwhile: nothing was taken out of the store.
    if (this.closed) return;
    if (journal.path !== undefined) this.operator = new Operator(this.kernel, journal.path, this);
    for (const [name, backlog] of this.backlogs) {
      const cell = this.router.names.cell(name);
      const to = cell.mail as Destination;
      holdRecovered(to, backlog.size);
      backlog.begin();
      if (cell.owner !== null) backlog.arrived(cell.owner);
    }
  }

  private found({ table, rows }: Slice): void {
    for (const { seq, stream } of rows) {
      if (table === 'message') this.backlogOf(stream).found(seq);
      else if (table === 'dead') this.dead.found(seq);
      else this.rows.add(table, stream, seq);
    }
  }

  /**
   * Sequences of the rows that earlier lives have left in a stream of a table, in order; told once.
   * Ask when it is ready.
   */
  claim(table: 'delta' | 'topic' | 'item', stream: string): readonly number[] {
    return this.rows.take(table, stream);
  }

  /** Streams of a table that nobody has claimed. */
  unclaimed(table: 'delta' | 'topic' | 'item'): readonly string[] {
    return this.rows.streams(table);
  }

  private backlogOf(name: string): Backlog {
    let backlog = this.backlogs.get(name);
    if (backlog === undefined) {
      const cell = this.router.names.cell(name);
      const to = (cell.mail ??= new Destination(this.delivery)) as Destination;
      this.backlogs.set(name, (backlog = new Backlog(this, cell, to)));
    }
    return backlog;
  }

  /** Which store it is, among all that there are: given once, with its first life. */
  private async identify(): Promise<string> {
    const known = await this.journal.get('meta', 'id');
    if (known !== undefined) return decode(known) as string;
    const id = this.kernel.env.nonce();
    this.journal.put('meta', 'id', encode(id, 'the id of the store'));
    return id;
  }

  /** Failures that were told, and attempts that had begun when the program died. */
  private async loadAttempts(marks: ReadonlyMap<number, number>): Promise<void> {
    for await (const entries of allRecords(this.journal, 'attempt')) {
      for (const { key, body } of entries) {
        const [, attempts, failures] = decode(body) as [number, number, FailedAttempt[]];
        this.attempts.set(Number(key), { attempts, failures });
      }
    }
    for (const [seq, attempts] of marks) {
      const told = this.attempts.get(seq);
      if (attempts <= (told?.attempts ?? 0)) continue;
      const failures = [...told?.failures ?? [], { attempt: attempts, reason: 'died_with_program' }];
      this.attempts.set(seq, { attempts, failures });
      // marks are for one death: an end in order takes them away
      this.journal.put('attempt', String(seq), attemptsRow(attempts, failures));
    }
  }

  /* ---- durable agents ---- */

  append(p: Process, self: object, delta: unknown): void {
    const turn = turnOf(p);
    if (turn === null) throw noLog(p.title, 'append within a handler that is not concurrent');
    turn.append(self, delta, p.from instanceof StreamSlot);
  }

  once(p: Process, key: unknown, fn: unknown, options: unknown): Promise<unknown> {
    return this.steps.once(p, key, fn, options);
  }

  async wait(p: Process, id: unknown, options: unknown): Promise<unknown> {
    return this.waits.wait(p, id, options);
  }

  async load(p: Process, terms: DurableTerms): Promise<DurableAgent> {
    await this.opened;
    if (this.kernel.gate === null) {
      this.kernel.setGate(this);
      this.kernel.exitHooks.push((ended, reason) => turnOf(ended)?.ended(reason));
    }
    const { journal, kernel } = this;
    const { title } = p;
    const content = terms.log === null
      ? new WholeState(title, journal, terms, await journal.get('state', title))
      : new DeltaLog(title, journal, kernel, terms, await readLog(journal, title));
    return new AgentTurn(p, journal, this.crashes, terms, content);
  }

  async refusal(p: Process): Promise<Error | null> {
    await this.opened;
    return this.crashes.refusal(p.title);
  }

  /** What another program, or an open store, would mend is no crash. */
  startFailed(p: Process, terms: DurableTerms, error: unknown): void {
    const { code } = (isError(error) ? error : {}) as { readonly code?: unknown };
    const mends = code === 'STATE_VERSION' || code === 'STATE_OTHER'
      || (error instanceof StoreError && code !== 'STORE_CORRUPT');
    if (!mends && p.phase !== Phase.Dead) this.crashes.crashed(p.title, error, terms.crashesMax);
  }

  async end(): Promise<void> {
    // An end in order takes the marks of attempts away: what they say is stored first.
    await this.opened.catch(() => undefined);
    await this.operator?.stop();
    try {
      await this.journal.close();
    } catch (error) {
      this.kernel.warn('the store could not be closed in order', { error });
    }
  }

  holds(
    sender: Process, _op: Op, release: () => void, lost?: (dropped: boolean) => void, aside?: boolean,
  ): boolean {
    const turn = turnOf(sender);
    if (turn === null) return false;
    const send = new KeptSend(release, lost);
    if (!turn.open || aside === true) return turn.after(send);
    turn.keep(send);
    return true;
  }

  joins(sender: Process, answer: () => void, of?: object): boolean {
    const turn = turnOf(sender);
    if (turn === null) return false;
    const kept = new KeptAnswer(answer, of instanceof Message ? of : null, this.journal);
    if (turn.open) turn.keep(kept);
    else if (!turn.idle) kept.joins();
    else return false;
    return true;
  }

  fails(sender: Process): void {
    turnOf(sender)?.fail();
  }
}

/** What outlives the program in a system; null for one without a store. */
export function durabilityOf(kernel: Kernel): Durability | null {
  const { durables } = hostOf(kernel);
  return durables instanceof Durability ? durables : null;
}

function turnOf(p: Process | null): AgentTurn | null {
  const turn = p === null || p.ext === null ? null : p.ext.turn;
  return turn instanceof AgentTurn ? turn : null;
}

function openTurn(p: Process | null): AgentTurn | null {
  const turn = turnOf(p);
  return turn !== null && turn.open ? turn : null;
}

/** Who sends it, and when. */
function provenanceOf({ caller, rare }: Message, sentAt: number): Provenance {
  const named = caller !== null && caller.name !== null;
  const headers = rare === null ? null : rare.headers;
  return { sender: caller === null ? null : caller.title, named, sentAt, traceparent: null, headers };
}

function nameOf({ target }: Message): string {
  const name = target === target.owner ? target.owner.name : target;
  return name instanceof Cell ? name.name : '';
}
