import {
  child, supervisor, type AgentRef, type MailboxOptions, type SupervisorRef, type System,
} from '../../src/index.js';
import { pool, poolOf, type PoolRef } from '../../src/delivery/group/public.js';
import { Books, LEDGER_NAMES } from './books.js';
import { Advisor } from './agents/advisor.js';
import { Chaos } from './agents/chaos.js';
import { EngineChecker, LicenceChecker, ScriptChecker } from './agents/checkers.js';
import { Deduper } from './agents/deduper.js';
import { Ledger } from './agents/ledger.js';
import { Parser } from './agents/parser.js';
import { Progress } from './agents/progress.js';
import { Scanner } from './agents/scanner.js';
import { Writer } from './agents/writer.js';
import { Hazard } from './hazard.js';
import type { AuditOptions, ChaosLevel } from './options.js';
import type { Display } from './output/display.js';
import { Random } from './random.js';

/** The refs that the asking side works with. All are names, so they outlive the incarnations. */
export interface Swarm {
  readonly top: SupervisorRef;
  readonly books: Books;
  readonly scanner: AgentRef<typeof Scanner>;
  readonly parsers: PoolRef<typeof Parser>;
  readonly dedupers: readonly AgentRef<typeof Deduper>[];
  readonly licences: AgentRef<typeof LicenceChecker>;
  readonly engines: AgentRef<typeof EngineChecker>;
  readonly scripts: AgentRef<typeof ScriptChecker>;
  readonly advisor: AgentRef<typeof Advisor>;
  readonly writer: AgentRef<typeof Writer>;
  /** `null` when chaos is off. */
  readonly chaos: AgentRef<typeof Chaos> | null;
}

interface Weather {
  /** How many crashes in five seconds a supervisor takes for bad luck rather than for a broken child. */
  readonly intensity: number;
  /** 0: never. */
  readonly killEveryMs: number;
  /** One throw in so many handled messages; 0: never. */
  readonly throwOneIn: number;
}

const WEATHER: Readonly<Record<ChaosLevel, Weather>> = {
  off: { intensity: 3, killEveryMs: 0, throwOneIn: 0 },
  low: { intensity: 30, killEveryMs: 1_000, throwOneIn: 0 },
  high: { intensity: 10_000, killEveryMs: 200, throwOneIn: 200 },
};

/** A few tables instead of one, so that a crash costs a part of the whole only. */
const SHARDS = 8;
const PREY = 'crew';

/** The advisory server is on this machine: an answer that takes longer does not come. */
const LOOK_UP_MS = 80;

/** Who is busy makes its senders wait, rather than pile up their work. */
const BOUNDED: MailboxOptions = { capacity: 8, overflow: 'suspend' };
/** What tells most goes first, but does not keep the rest waiting for ever. */
const WITH_LANES: MailboxOptions = { ...BOUNDED, lanes: { ageEvery: 4 } };
/** More than all of the family can ask it at once, so a call for the totals finds room. */
const LEDGER_MAILBOX: MailboxOptions = { capacity: 1_024, overflow: 'suspend' };

/**
 * Starts the family:
 *
 *     audit (rest for one)
 *     ├─ ledgers    ledger-1 …       first: what follows is rebuilt from them
 *     ├─ crew (one for one)          everything that may die
 *     │  ├─ progress, scanner, writer
 *     │  ├─ parsers                  (a pool)
 *     │  ├─ dedupers   deduper-1 …   (one for one)
 *     │  └─ checkers   licences, engines, scripts, advisor (one for one)
 *     └─ chaos                       kills in the crew
 */
export async function startSwarm(
  system: System, options: AuditOptions, server: string, display: Display,
): Promise<Swarm> {
  const weather = WEATHER[options.chaos];
  const limits = { intensity: weather.intensity, periodMs: 5_000 };
  const random = new Random(options.seed);
  const hazard = new Hazard(random.fork(), weather.throwOneIn);
  const books = new Books(system);
  const progress = system.ref(Progress, 'progress');
  const { directory: root, out, workers } = options;
  const dedupers = names('deduper', SHARDS);
  const deduperRefs = dedupers.map((name) => system.ref(Deduper, name));
  const chaos = { system, random: random.fork(), everyMs: weather.killEveryMs, prey: PREY };

  const crew = supervisor(PREY, {
    ...limits,
    children: [
      child('progress', Progress, { system, books, display, hazard }),
      child('scanner', Scanner, { root, excluded: out, hazard }),
      pool(
        'parsers', Parser, { root, books, dedupers: deduperRefs, progress, hazard },
        { ...limits, min: workers, max: workers, mailbox: WITH_LANES },
      ),
      supervisor('dedupers', {
        ...limits,
        children: dedupers.map((name, index) =>
          child(name, Deduper, { books, index, shards: SHARDS, hazard }, { mailbox: BOUNDED })),
      }),
      supervisor('checkers', {
        ...limits,
        children: [
          child('licences', LicenceChecker, hazard, { mailbox: BOUNDED }),
          child('engines', EngineChecker, process.versions.node, hazard, { mailbox: BOUNDED }),
          child('scripts', ScriptChecker, hazard, { mailbox: BOUNDED }),
          child('advisor', Advisor, {
            source: { server, timeoutMs: LOOK_UP_MS }, hazard,
          }, { mailbox: BOUNDED }),
        ],
      }),
      child('writer', Writer, { out, hazard }),
    ],
  });
  const top = await system.supervise({
    name: 'audit',
    strategy: 'rest_for_one',
    ...limits,
    children: [
      supervisor('ledgers', {
        ...limits, children: LEDGER_NAMES.map((name) => child(name, Ledger, { mailbox: LEDGER_MAILBOX })),
      }),
      crew,
      ...(weather.killEveryMs > 0 ? [child('chaos', Chaos, chaos)] : []),
    ],
  });
  return {
    top,
    books,
    scanner: system.ref(Scanner, 'scanner'),
    parsers: system.ref(poolOf(Parser), 'parsers'),
    dedupers: deduperRefs,
    licences: system.ref(LicenceChecker, 'licences'),
    engines: system.ref(EngineChecker, 'engines'),
    scripts: system.ref(ScriptChecker, 'scripts'),
    advisor: system.ref(Advisor, 'advisor'),
    writer: system.ref(Writer, 'writer'),
    chaos: weather.killEveryMs > 0 ? system.ref(Chaos, 'chaos') : null,
  };
}

function names(role: string, howMany: number): string[] {
  return Array.from({ length: howMany }, (_, index) => `${role}-${index + 1}`);
}
