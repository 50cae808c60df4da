import { CastcallError } from '../../base/index.js';
import type { DurableAgent, DurableTerms } from '../../behaviour/gen/outward/index.js';
import { decode, encode } from '../../journal/codec/index.js';
import type { Commit, Journal } from '../../journal/index.js';
import { StoreError } from '../../journal/port/index.js';
import type { Process, TurnPart } from '../../process/record/index.js';

const FORMAT = 1;

/** The state of an agent, as its record has it. */
export interface StateRecord {
  readonly version: number;
  readonly state: unknown;
}

/** Throws a coded error for what no castcall has written. */
export function decodeState(bytes: Uint8Array): StateRecord {
  const [, version, state] = decode(bytes) as [number, number, unknown];
  return { version, state };
}

/** State of an agent as it is in the text of an error: `state.tools[3]`. */
const WHAT = 'state';

/**
 * The turns of one incarnation of a durable agent. At the end of a turn its state, the messages that
 * it has answered, and those that it sends stand in one batch of the journal; what leaves the store
 * goes when that batch is safe. Turns do not wait for each other: a later one that is safe means
 * that all before it are.
 */
export class AgentTurn implements DurableAgent {
  open = false;
  readonly stored: { readonly state: unknown } | undefined;
  /** the last batch with something of this agent */
  private batch = 0;
  /** commits that something it has sent still waits for */
  private waiting = 0;
  /** the handler that runs has failed already, by what it said of its message */
  private failing = false;
  private parts: TurnPart[] = [];
  /** its state, as it was stored last, in memory of its own */
  private last: Uint8Array | null;
  /** of the store as it was loaded from */
  private readonly epoch: number;
  constructor(
    private readonly p: Process,
    private readonly journal: Journal,
    private readonly terms: DurableTerms,
    bytes: Uint8Array | undefined,
  ) {
    this.last = bytes === undefined ? null : bytes.slice();
    this.epoch = journal.epoch;
    this.stored = bytes === undefined ? undefined : { state: this.revive(bytes) };
  }

  private get name(): string {
    return this.p.title;
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

  end(self: { state: unknown; committed: unknown }): void {
    const { journal, parts } = this;
    if (this.failing) return this.drop(self);
    try {
      const bytes = encode([FORMAT, this.terms.version, self.state], WHAT);
      // All of it or nothing: what cannot be added is found before anything is.
      if (parts.length > 0) journal.admit(parts.reduce((sum, part) => sum + part.bytes, bytes.length));
      if (this.last === null || !same(this.last, bytes)) {
        journal.put('state', this.name, bytes);
        this.remember(bytes);
        this.batch = journal.added;
      }
    } catch (error) {
      this.drop(self, error);
      throw error;
    }
    this.open = false;
    if (parts.length === 0) return;
    this.parts = [];
    for (const part of parts) part.joins();
    this.commit(parts);
  }

  drop(self: { state: unknown; committed: unknown }, reason: unknown = 'the handler that sent it has failed'): void {
    const { last } = this;
    this.abandon(reason);
    // What the handler has changed in place is undone too.
    if (last !== null) self.state = self.committed = this.revive(last);
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

  /** Copied: what the encoder gives is a part of a larger block, all of which would stay with it. */
  private remember(bytes: Uint8Array): void {
    const { last } = this;
    if (last !== null && last.length === bytes.length) last.set(bytes);
    else this.last = bytes.slice();
  }

  /** From now on these are one commit's. */
  private commit(parts: readonly TurnPart[]): void {
    this.batch = this.journal.added;
    this.waiting++;
    this.journal.whenCommitted(new TurnCommit(parts, () => void this.waiting--));
  }

  /** Errors: `STATE_VERSION` for a state of a newer version, and for an older one without a `migrate`. */
  private revive(bytes: Uint8Array): unknown {
    const { version, state } = decodeState(bytes);
    const { terms, name } = this;
    if (version === terms.version) return state;
    if (version > terms.version || terms.migrate === null) {
      throw new CastcallError(
        'STATE_VERSION', `the stored state of '${name}' has version ${version}, its definition ${terms.version}: ${
          version > terms.version ? 'start the newer program' : 'give durable.migrate'}; the state is kept as it is`,
      );
    }
    return terms.migrate(state, version);
  }
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

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
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

/** The answer to a delivery, given by hand before the end of the handler. */
export class KeptAnswer implements TurnPart {
  readonly bytes = 0;
  constructor(private readonly answer: () => void) {}
  joins(): void {
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
