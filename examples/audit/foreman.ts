import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallOptions } from '../../src/index.js';
import type { AdviceSource } from './agents/advisor.js';
import type { LedgerContents } from './agents/ledger.js';
import { isTelling, type ParsedFile } from './agents/parser.js';
import type { BreakerWatch } from './advisory/watch.js';
import { tally, type Tally } from './check/tally.js';
import {
  byPath, type DuplicateGroup, type Findings, type Listing, type PackageInput, type Unreadable,
} from './findings.js';
import { byWaste } from './rules/duplicate.js';
import { packageFindings, packageIn } from './rules/package.js';
import { Known } from './known.js';
import { Slots } from './slots.js';
import type { Swarm } from './tree.js';
import { done, keyOf } from './work.js';

/** Their files wait for room in the mailboxes of the parsers. */
const DIRECTORIES_AT_ONCE = 16;

/** A question, repeated until somebody lives who answers it. */
const QUESTION: CallOptions = { guarantee: 'at-least-once', timeoutMs: 'infinity' };

/** Between two looks at a server that is down, and how many looks at most. */
const KNOCK_EVERY_MS = 5;
const KNOCKS_MAX = 2_000;

/** Chaos strikes at the latest when so many files are done. */
const FIRST_STRIKE_FILES = 20;

export interface Outcome {
  readonly findings: Findings;
  readonly tally: Tally;
  readonly advice: Readonly<Record<AdviceSource, number>>;
}

/**
 * The asking side. It decides what is to be done, in which order, and delivers it; all work is done
 * by the agents. It is no agent itself: what must not be forgotten it leaves with the ledgers, and
 * what remains here is only the walk. When the program has died, the next one walks again, past
 * everything that the ledgers know.
 */
export class Foreman {
  readonly #root: string;
  readonly #swarm: Swarm;
  readonly #breaker: BreakerWatch;
  readonly #interrupt: AbortSignal;
  readonly #directorySlots = new Slots(DIRECTORIES_AT_ONCE);
  /** Every directory and file that somebody was asked for. */
  readonly #begun: string[] = [];
  readonly #report: (filesDone: number) => void;
  #known = new Known(null);
  #filesDone = 0;

  constructor(
    root: string, swarm: Swarm, breaker: BreakerWatch, interrupt: AbortSignal, report: (filesDone: number) => void,
  ) {
    this.#root = root;
    this.#swarm = swarm;
    this.#breaker = breaker;
    this.#interrupt = interrupt;
    this.#report = report;
  }

  /**
   * Audits everything; after an interrupt it begins nothing new, finishes what is under way, and
   * reports that.
   */
  async run(): Promise<Outcome> {
    this.#known = new Known(await this.#contents());
    this.#report(0);
    await this.#visit('');
    await this.#strikeOnce();
    await this.#outlastOutage();
    return this.#collect();
  }

  async #visit(directory: string): Promise<void> {
    const listing = await this.#directorySlots.run(() => this.#directory(directory));
    await Promise.all((listing?.directories ?? []).map((below) => this.#visit(below)));
  }

  async #directory(directory: string): Promise<Listing | null> {
    if (this.#interrupt.aborted) return null;
    this.#begun.push(directory);
    const known = this.#known.listing(directory);
    const listing = known === undefined ? await this.#list(directory) : known;
    if (listing === null) return null;
    const others = listing.files.filter((path) => !isTelling(path));
    await Promise.all([this.#package(listing), ...others.map((path) => this.#file(path))]);
    return listing;
  }

  async #list(directory: string): Promise<Listing | null> {
    const { scanner, books } = this.#swarm;
    const ledger = books.of(directory);
    const listing = await done(scanner.deliver('list', directory, keyOf('list', directory)));
    if ('reason' in listing) {
      await done(ledger.deliver('record', listing, keyOf('record', directory)));
      return null;
    }
    await done(ledger.deliver('expect', listing, keyOf('expect', directory)));
    return listing;
  }

  async #file(path: string): Promise<ParsedFile | Unreadable | null> {
    if (this.#interrupt.aborted) return null;
    this.#begun.push(path);
    if (this.#known.has(path)) return null;
    const delivery = { ...keyOf('parse', path), lane: isTelling(path) ? 'high' : 'normal' } as const;
    const parsed = await done(this.#swarm.parsers.deliver('parse', path, delivery));
    this.#filesDone += 1;
    this.#report(this.#filesDone);
    if (this.#filesDone === FIRST_STRIKE_FILES) await this.#strikeOnce();
    return parsed;
  }

  /**
   * Checked as soon as the files that tell about it are read, while others of its directory may
   * still be waiting.
   */
  async #package({ directory, files: paths }: Listing): Promise<void> {
    if (this.#known.package(directory)) return;
    const files = await Promise.all(paths.filter(isTelling).map((path) => this.#file(path)));
    const parsed = files.filter((file) => file !== null && 'sha256' in file);
    const input = packageIn({
      root: this.#root,
      directory,
      manifest: parsed.find(({ manifest }) => manifest !== null)?.manifest ?? null,
      licenceTexts: parsed.map(({ licenceText }) => licenceText).filter((id) => id !== null),
      fileNames: paths.map((path) => basename(path)),
    });
    if (input !== null && !this.#interrupt.aborted) await this.#check(input);
  }

  async #check(input: PackageInput): Promise<void> {
    const { books, licences, engines, scripts, advisor } = this.#swarm;
    const key = keyOf('check', input.path);
    const [licence, engine, found, { advisories, source }] = await Promise.all([
      done(licences.deliver('check', input, key)),
      done(engines.deliver('check', input, key)),
      done(scripts.deliver('check', input, key)),
      done(advisor.deliver('check', input, key)),
    ]);
    const findings = packageFindings(input, { licence, engine, scripts: found, advisories });
    const ledger = books.of(input.path);
    await done(ledger.deliver('recordPackage', { found: findings, source }, keyOf('package', input.path)));
  }

  async #strikeOnce(): Promise<void> {
    const { chaos } = this.#swarm;
    if (chaos !== null) await chaos.call('strikeOnce', undefined, QUESTION);
  }

  /** A run with few packages may be over before the server has been down and up again. */
  async #outlastOutage(): Promise<void> {
    for (let knock = 0; knock < KNOCKS_MAX && !this.#breaker.complete && !this.#interrupt.aborted; knock++) {
      await done(this.#swarm.advisor.deliver('knock'));
      if (this.#breaker.isOpen) await sleep(KNOCK_EVERY_MS);
    }
  }

  async #collect(): Promise<Outcome> {
    const { dedupers } = this.#swarm;
    const contents = await this.#contents();
    const shards =
      await Promise.all(dedupers.map((deduper) => deduper.call('duplicates', undefined, QUESTION)));
    return {
      findings: findingsOf(contents, shards.flatMap(({ groups }) => groups)),
      tally: tally(this.#interrupt.aborted ? this.#begun : expected(contents), results(contents)),
      advice: contents.advice,
    };
  }

  #contents(): Promise<LedgerContents> {
    return this.#swarm.books.contents((ledger) => ledger.call('contents', undefined, QUESTION));
  }
}

function findingsOf(
  { listings, files, unreadable, packages }: LedgerContents, duplicates: DuplicateGroup[],
): Findings {
  return {
    directories: listings.map(
      ({ directory: path, symlinks, others }) => ({ path, symlinks, others }),
    ).sort(byPath),
    files: files.toSorted(byPath),
    unreadable: unreadable.toSorted(byPath),
    duplicates: duplicates.toSorted(byWaste),
    packages: packages.toSorted(byPath),
  };
}

/** What the directories promise: the audited one, and everything that a listing names. */
function expected({ listings }: LedgerContents): string[] {
  return ['', ...listings.flatMap(({ directories, files }) => [...directories, ...files])];
}

function results({ listings, files, unreadable }: LedgerContents): string[] {
  return [
    ...listings.map(({ directory }) => directory), ...files.map(({ path }) => path),
    ...unreadable.map(({ path }) => path),
  ];
}
