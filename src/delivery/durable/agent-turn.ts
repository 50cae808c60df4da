import { isOrderly, OptionError } from '../../base/index.js';
import type { DurableAgent, DurableTerms } from '../../behaviour/gen/outward/index.js';
import type { Commit, Journal } from '../../journal/index.js';
import { StoreError } from '../../journal/port/index.js';
import type { DeliveryOutcome } from '../../api/delivery.js';
import type { Process, TurnPart } from '../../process/record/index.js';
import { Message, Outcome, type Stored, toldOver } from '../guarantee/index.js';
import type { CrashCounts } from './aside.js';
import { DeltaLog } from './state/delta-log.js';
import type { Content } from './state/whole-state.js';

/**
 * The turns of one incarnation of a durable agent. At the end of a turn its state, the messages that
 * it has answered, and those that it sends stand in one batch of the journal; what leaves the store
 * goes when that batch is safe. Turns do not wait for each other: a later one that is safe means
 * that all before it are.
 */
export class AgentTurn implements DurableAgent {
  open = false;
  /** the last batch with something of this agent */
  private batch = 0;
  /** commits that something it has sent still waits for */
  private waiting = 0;
  /** the handler that runs has failed already, by what it said of its message */
  private failing = false;
  private parts: TurnPart[] = [];
  /** of the store as it was loaded from */
  private readonly epoch: number;
  private readonly name: string;
  /** its last turn has failed, and nothing has happened since */
  private crashing = false;
  constructor(
    private readonly p: Process,
    private readonly journal: Journal,
    private readonly crashes: CrashCounts,
    private readonly terms: DurableTerms,
    private readonly content: Content,
  ) {
    this.name = p.title;
    this.epoch = journal.epoch;
  }

  get idle(): boolean {
    return !this.open && this.waiting === 0 && this.batch <= this.journal.committedUpTo;
  }

  get stored(): { readonly state: unknown } | undefined {
    return this.content.stored;
  }

  /** Throws when the store was opened anew after a failure: nobody knows which of its turns is there. */
  begin(): void {
    if (this.epoch !== this.journal.epoch) {
      throw new StoreError(
        'STORE_FAILED',
        `the store was opened anew, and '${this.name}' may be ahead of it: its next start reads what is there`,
      );
    }
    this.open = true;
    this.crashing = false;
  }

  keep(part: TurnPart): void {
    this.parts.push(part);
  }

  /** What goes between two turns, behind all that was kept; false when nothing has to be waited for. */
  after(part: TurnPart): boolean {
    if (this.waiting === 0 && this.batch <= this.journal.committedUpTo) return false;
    this.commit([part]);
    return true;
  }

  fail(): void {
    if (this.open) this.failing = true;
  }

  /** A handler that streams has no turn of its own: it begins with what it appends. */
  append(self: object, delta: unknown, streams: boolean): void {
    const { content } = this;
    if (!(content instanceof DeltaLog)) throw noLog(this.name, 'defineAgent({ durable: { log: true, apply } })');
    if (!this.open && !streams) throw noLog(this.name, 'append within a handler, before it returns');
    if (!this.open) this.begin();
    content.append(self, delta);
  }

  begun(self: object): void {
    if (this.content.begin(self)) this.batch = this.journal.added;
  }

  end(self: object): void {
    const { journal, parts, content, crashes } = this;
    let changes = false;
    if (this.failing) {
      this.drop(self);
      return this.threw();
    }
    try {
      const bytes = content.prepare(self);
      // All of it or nothing: what cannot be added is found before anything is.
      if (parts.length > 0) journal.admit(parts.reduce((sum, part) => sum + part.bytes, bytes));
      changes = content.add();
      if (changes) this.batch = journal.added;
    } catch (error) {
      this.drop(self, error);
      this.threw();
      throw error;
    }
    if (crashes.size > 0 && (changes || handlesStored(this.p))) crashes.succeeded(this.name);
    this.open = false;
    if (parts.length === 0) return;
    this.parts = [];
    for (const part of parts) part.joins();
    this.commit(parts);
  }

  drop(self: object, reason: unknown = 'the handler that sent it has failed'): void {
    this.abandon(reason);
    this.content.undo(self);
  }

  threw(): void {
    this.crashing = true;
  }

  /** Its process has ended. */
  ended(reason: unknown): void {
    if (this.open) this.abandon(reason);
    if (this.crashing && !isOrderly(reason)) this.crashes.crashed(this.name, reason, this.terms.crashesMax);
  }

  replaced(): void {
    this.content.replaced();
  }

  /** Nothing of the open turn goes; its agent may have ended. */
  abandon(reason: unknown): void {
    const { parts } = this;
    this.open = this.failing = false;
    this.parts = [];
    for (const part of parts) part.dropped(reason);
  }

  safe(): Promise<void> {
    return this.journal.flush();
  }

  /** From now on these are one commit's. */
  private commit(parts: readonly TurnPart[]): void {
    this.batch = this.journal.added;
    this.waiting++;
    this.journal.whenCommitted(new TurnCommit(parts, () => void this.waiting--));
  }
}

/** What it handles has a row, whose end is a commit. */
function handlesStored({ from }: Process): boolean {
  return from instanceof Message && from.rare !== null && from.rare.stored !== null;
}

/** What `self.append` says where there is nothing to append to. */
export function noLog(name: string, fix: string): OptionError {
  const rule = 'a durable agent with a log, in a handler of its own';
  return new OptionError('self.append', name, rule, fix, 'NOT_DURABLE');
}

/** What leaves the store goes, in the order in which it was sent. */
class TurnCommit implements Commit {
  constructor(
    private readonly parts: readonly TurnPart[],
    private readonly over: () => void,
  ) {}
  committed(): void {
    for (const part of this.parts) part.committed();
    this.over();
  }
  uncommitted(error: StoreError): void {
    for (const part of this.parts) part.uncommitted(error);
    this.over();
  }
}

/** A cast, a plain message or a reply that waits. */
export class KeptSend implements TurnPart {
  readonly bytes = 0;
  constructor(
    private readonly release: () => void,
    private readonly lost: ((dropped: boolean) => void) | undefined,
  ) {}
  joins(): void {
    // nothing of it is stored
  }
  committed(): void {
    this.release();
  }
  uncommitted(): void {
    this.lost?.(false);
  }
  dropped(): void {
    this.lost?.(true);
  }
}

/** The answer to a delivery, given by hand before the end of the handler, or by that end. */
export class KeptAnswer implements TurnPart {
  readonly bytes = 0;
  constructor(
    private readonly answer: () => void,
    /** whose end is told with the commit */
    private readonly of: Message | null,
    private readonly journal: Journal,
  ) {}
  joins(): void {
    const { of, journal } = this;
    if (of !== null) {
      tellLater(of, journal);
      for (const other of of.rarely().joined) if (other instanceof Message) tellLater(other, journal);
    }
    this.answer();
  }
  committed(): void {
    // told by the message
  }
  uncommitted(): void {
    // likewise
  }
  dropped(): void {
    // the message is still with its handler, whose failure is told
  }
}

/** A message without a row ends with the commit as one with a row does. */
function tellLater(d: Message, journal: Journal): void {
  if (!d.running) return;
  const rare = d.rarely();
  rare.stored ??= new Rowless(d, journal);
}

/** Stands for the row of a message that has none, from the end of the turn that has handled it. */
class Rowless implements Stored {
  readonly seq = -1;
  readonly earlier = false;
  readonly version = 0;
  readonly letter = -1;
  told = false;
  constructor(
    private readonly message: Message,
    private readonly journal: Journal,
  ) {}
  accepting(): null {
    return null;
  }
  begins(): void {
    // no attempt of it is marked
  }
  undone(): void {
    // likewise
  }
  failed(): void {
    // nor stored
  }
  buried(): void {
    // its dead letter is in memory
  }
  edited(): void {
    // likewise
  }
  discarded(): void {
    // likewise
  }
  over(outcome: DeliveryOutcome, answer: boolean): void {
    const { attempts, failures, at } = outcome;
    this.journal.whenCommitted({
      committed: () => this.tell(outcome, answer),
      uncommitted: (error) => {
        const unknown = new Outcome('unknown', undefined, error, undefined, attempts, failures, at);
        this.tell(unknown as DeliveryOutcome, false);
      },
    });
  }
  private tell(outcome: DeliveryOutcome, answer: boolean): void {
    this.told = true;
    toldOver(this.message, outcome, answer);
  }
}
