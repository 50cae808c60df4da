import { basename } from 'node:path';
import type { LedgerContents } from './agents/ledger.js';
import type { ParsedFile } from './agents/parser.js';
import type { Asker } from './asker.js';
import { tally, type Tally } from './check/tally.js';
import { byPath, type DuplicateGroup, type Findings, type Listing, type PackageInput, type Unreadable } from './findings.js';
import { Pool } from './pool.js';
import { byWaste } from './rules/duplicate.js';
import { packageFindings, packageIn } from './rules/package.js';
import { shardOf } from './rules/shard.js';
import { Slots } from './slots.js';
import type { Swarm } from './tree.js';

/** Enough to keep a parser busy while its last answer travels; more would only lengthen the mailboxes. */
const FILES_PER_PARSER = 3;
const DIRECTORIES_AT_ONCE = 16;

/** Chaos strikes at the latest when so many files are done. */
const FIRST_STRIKE_FILES = 20;

export interface Outcome {
  readonly findings: Findings;
  readonly tally: Tally;
}

/**
 * The asking side. It decides what is to be asked, in which order, and asks again where an agent died; all work is done
 * by the agents. It is no agent itself: what must not be forgotten it leaves with the ledger, and what remains here is
 * only the walk.
 */
export class Foreman {
  readonly #root: string;
  readonly #swarm: Swarm;
  readonly #asker: Asker;
  readonly #interrupt: AbortSignal;
  readonly #parsers: Pool<Swarm['parsers'][number]>;
  readonly #fileSlots: Slots;
  readonly #directorySlots = new Slots(DIRECTORIES_AT_ONCE);
  /** Every directory and file that somebody was asked for. */
  readonly #begun: string[] = [];
  #filesDone = 0;

  constructor(root: string, swarm: Swarm, asker: Asker, interrupt: AbortSignal) {
    this.#root = root;
    this.#swarm = swarm;
    this.#asker = asker;
    this.#interrupt = interrupt;
    this.#parsers = new Pool(swarm.parsers);
    this.#fileSlots = new Slots(swarm.parsers.length * FILES_PER_PARSER);
  }

  /** Audits everything; after an interrupt it begins nothing new, finishes what is under way, and reports that. */
  async run(): Promise<Outcome> {
    await this.#visit('');
    await this.#strikeOnce();
    return this.#collect();
  }

  async #visit(directory: string): Promise<void> {
    const listing = await this.#directorySlots.run(() => this.#directory(directory));
    await Promise.all((listing?.directories ?? []).map((below) => this.#visit(below)));
  }

  async #directory(directory: string): Promise<Listing | null> {
    if (this.#interrupt.aborted) return null;
    this.#begun.push(directory);
    const { scanner, ledger } = this.#swarm;
    const listing = await this.#asker.ask(() => scanner.call('list', directory));
    if ('reason' in listing) {
      await this.#asker.ask(() => ledger.call('record', listing));
      return null;
    }
    await this.#asker.ask(() => ledger.call('expect', listing));
    const files = await Promise.all(listing.files.map((path) => this.#fileSlots.run(() => this.#file(path))));
    const input = this.#packageIn(listing, files);
    if (input !== null && !this.#interrupt.aborted) await this.#package(input);
    return listing;
  }

  /** Parsed, then recorded, then deduplicated: this order lets a deduper rebuild its table from the ledger. */
  async #file(path: string): Promise<ParsedFile | Unreadable | null> {
    if (this.#interrupt.aborted) return null;
    this.#begun.push(path);
    const { ledger, dedupers } = this.#swarm;
    // A file takes as long as it takes; when its parser dies, the call fails at once.
    const parsed = await this.#asker.ask(() => this.#parsers.use((parser) => parser.call('parse', path, { timeoutMs: 'infinity' })));
    if ('reason' in parsed) {
      await this.#asker.ask(() => ledger.call('record', parsed));
    } else {
      const { bytes, sha256 } = parsed;
      const facts = { path, bytes, sha256 };
      await this.#asker.ask(() => ledger.call('record', facts));
      const deduper = dedupers[shardOf(sha256, dedupers.length)];
      if (deduper !== undefined) await this.#asker.ask(() => deduper.call('add', facts));
    }
    this.#filesDone += 1;
    if (this.#filesDone === FIRST_STRIKE_FILES) await this.#strikeOnce();
    return parsed;
  }

  #packageIn({ directory, files: paths }: Listing, files: readonly (ParsedFile | Unreadable | null)[]): PackageInput | null {
    const parsed = files.filter((file) => file !== null && 'sha256' in file);
    return packageIn({
      root: this.#root,
      directory,
      manifest: parsed.find(({ manifest }) => manifest !== null)?.manifest ?? null,
      licenceTexts: parsed.map(({ licenceText }) => licenceText).filter((id) => id !== null),
      fileNames: paths.map((path) => basename(path)),
    });
  }

  async #package(input: PackageInput): Promise<void> {
    const { ledger, licences, engines, scripts } = this.#swarm;
    const [licence, engine, found] = await Promise.all([
      this.#asker.ask(() => licences.call('check', input)),
      this.#asker.ask(() => engines.call('check', input)),
      this.#asker.ask(() => scripts.call('check', input)),
    ]);
    await this.#asker.ask(() => ledger.call('recordPackage', packageFindings(input, { licence, engine, scripts: found })));
  }

  async #strikeOnce(): Promise<void> {
    const { chaos } = this.#swarm;
    if (chaos !== null) await this.#asker.ask(() => chaos.call('strikeOnce'));
  }

  async #collect(): Promise<Outcome> {
    const { ledger, dedupers } = this.#swarm;
    const contents = await this.#asker.ask(() => ledger.call('contents'));
    const shards = await Promise.all(dedupers.map((deduper) => this.#asker.ask(() => deduper.call('duplicates'))));
    return {
      findings: findingsOf(contents, shards.flatMap(({ groups }) => groups)),
      tally: tally(this.#interrupt.aborted ? this.#begun : expected(contents), results(contents)),
    };
  }
}

function findingsOf({ listings, files, unreadable, packages }: LedgerContents, duplicates: DuplicateGroup[]): Findings {
  return {
    directories: listings.map(({ directory: path, symlinks, others }) => ({ path, symlinks, others })).sort(byPath),
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
  return [...listings.map(({ directory }) => directory), ...files.map(({ path }) => path), ...unreadable.map(({ path }) => path)];
}
