import type { AgentRef, System } from '../../src/index.js';
import { Ledger, type LedgerContents, type Totals } from './agents/ledger.js';
import type { FileFacts } from './findings.js';
import { placeOf } from './rules/shard.js';

/** Small enough that storing one costs little, few enough to be asked all at once. */
const LEDGERS = 64;

export const LEDGER_NAMES: readonly string[] = Array.from({ length: LEDGERS }, (_, index) => `ledger-${index + 1}`);

/** Asks one ledger; whoever asks in the name of an agent brings that one's `call`. */
type Ask<R> = (ledger: AgentRef<typeof Ledger>) => Promise<R>;

/** All ledgers together. What is about a path stands in the ledger of that path. */
export class Books {
  readonly #ledgers: readonly AgentRef<typeof Ledger>[];

  constructor(system: System, names: readonly string[] = LEDGER_NAMES) {
    this.#ledgers = names.map((name) => system.ref(Ledger, name));
  }

  of(path: string): AgentRef<typeof Ledger> {
    return this.#ledgers[placeOf(path, this.#ledgers.length)] as AgentRef<typeof Ledger>;
  }

  async totals(ask: Ask<Totals>): Promise<Totals> {
    const all = await Promise.all(this.#ledgers.map(ask));
    return all.reduce((sum, one) => ({
      found: sum.found + one.found,
      done: sum.done + one.done,
      bytes: sum.bytes + one.bytes,
      packages: sum.packages + one.packages,
    }));
  }

  async contents(ask: Ask<LedgerContents>): Promise<LedgerContents> {
    const all = await Promise.all(this.#ledgers.map(ask));
    return {
      listings: all.flatMap(({ listings }) => listings),
      files: all.flatMap(({ files }) => files),
      unreadable: all.flatMap(({ unreadable }) => unreadable),
      packages: all.flatMap(({ packages }) => packages),
      advice: {
        server: all.reduce((sum, { advice }) => sum + advice.server, 0),
        local: all.reduce((sum, { advice }) => sum + advice.local, 0),
      },
    };
  }

  /** What belongs to one deduper: the answer to its "what did I know before I died?". */
  async shard(ask: Ask<readonly FileFacts[]>): Promise<FileFacts[]> {
    return (await Promise.all(this.#ledgers.map(ask))).flat();
  }
}
