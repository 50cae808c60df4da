import { deepFreeze, disown, isThenable, OptionError, sameOptions } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { isA } from '../../base/text/index.js';
import { checkPayload, PayloadError } from '../../behaviour/gen/index.js';
import type { Host } from '../../behaviour/gen/index.js';
import { systemStopped } from '../../process/kernel/index.js';
import { fenced } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import { durabilityOf } from '../../delivery/durable/index.js';
import { encode } from '../../journal/index.js';
import { BusError, unknownName } from '../core/index.js';
import { TopicMessage } from '../../api/bus/topic.js';
import type { StandardSchema } from '../../api/protocol.js';
import type { TopicOptions, TopicStats } from '../../api/bus/topic.js';
import { TopicRedelivery } from './letter.js';
import { TopicLog } from './log.js';
import { type ReadRetention, readTopic } from './options.js';
import { Publishing } from './publishing.js';
import type { Reader } from './reader.js';
import { TopicState } from './state.js';
import { Storing } from './storing.js';
import { Offer, type Subscriber } from './subscriber.js';
import { PatternTrie } from './trie.js';

/** So many publishes of a topic may wait for slow readers. */
const WAITING_MAX = 1_024;
const NOBODY: readonly Subscriber[] = [];

/** What a publish is about: the name, and what was found for it last. */
export interface Place {
  readonly name: string;
  readonly segments: readonly string[];
  state: TopicState | null;
  /** subscribers by a pattern, as of that version of the patterns */
  matched: readonly Subscriber[];
  version: number;
}

/** The topics of one system. */
export class Topics {
  private readonly states = new Map<string, TopicState>();
  private readonly logs = new Map<string, TopicLog>();
  private readonly patterns = new PatternTrie<Subscriber>();
  /** those that keep messages for who comes late */
  private readonly keeping = new Set<TopicState>();
  private ended = false;
  private readonly vanish = (state: TopicState): void => {
    if (this.states.get(state.name) === state) this.states.delete(state.name);
    this.keeping.delete(state);
  };

  constructor(readonly host: Host, private readonly strict: boolean) {
    host.kernel.stopHooks.add(() => this.end());
  }

  /** Fixes the options of a name, or asks whether it may be used without any. */
  open(name: string, given: TopicOptions | undefined): void {
    if (given === undefined && !this.strict) return;
    const known = this.states.get(name)?.options ?? null;
    if (given === undefined) {
      if (known === null) throw unknownName('topic', name, this.states.keys());
      return;
    }
    const read = readTopic(given);
    if (known === null) {
      const log = read.retention === null ? null : this.logOf(name);
      const state = this.stateOf(name);
      state.settle(read);
      if (state.kept !== null) this.keeping.add(state);
      if (log !== null) this.settleLog(state, log, read.retention as ReadRetention);
    } else sameOptions('topic', name, known, read);
  }

  /** What is stored of that topic: one for all of this life, whatever becomes of its options. */
  private logOf(name: string): TopicLog {
    const { kernel } = this.host;
    const durability = durabilityOf(kernel);
    if (durability === null) {
      throw new OptionError(
        'topic.durable', name, 'a system with a store', 'createSystem({ store: sqlite(path) })', 'NO_STORE',
      );
    }
    let log = this.logs.get(name);
    if (log === undefined) this.logs.set(name, (log = new TopicLog(name, kernel, durability)));
    return log;
  }

  private settleLog(state: TopicState, log: TopicLog, retention: ReadRetention): void {
    const place: Place = { name: state.name, segments: state.name.split('.'), state, matched: NOBODY, version: -1 };
    const matched = (): readonly Subscriber[] => (this.patterns.size === 0 ? NOBODY : this.matchedAt(place));
    state.log = log;
    log.settle(state, {
      get subscribers() {
        return state.subscribers.length + matched().length;
      },
      give: (message, from) => this.offer(place, state.subscribers, matched(), message, from),
    }, retention);
    if (state.keptMax === 0) return;
    log.latest(state.keptMax).then((earlier) => state.refill(earlier)).catch((error: unknown) => {
      this.host.kernel.warn('what a durable topic keeps for patterns could not be read', { topic: log.name, error });
    });
  }

  stateOf(name: string): TopicState {
    let state = this.states.get(name);
    if (state === undefined) this.states.set(name, state = new TopicState(name, this.vanish));
    return state;
  }

  known(name: string): TopicState | undefined {
    return this.states.get(name);
  }

  stats(): TopicStats[] {
    return [...this.states.values()].map((state) => state.stats());
  }

  /* ---- publish ---- */

  /** How many it has reached; or the publish that waits for slow readers. */
  publish(place: Place, given: unknown, from: Process | null, waits: boolean): number | Publishing | Storing | 'full' {
    const { kernel } = this.host;
    const subject = `topic '${place.name}'`;
    if (fenced(from)) throw new BusError('ZOMBIE', subject, `the process ${(from as Process).pid} has ended`);
    if (this.ended) throw systemStopped();
    const state = this.stateAt(place);
    const message = this.checked(state, subject, given);
    if (state !== null && state.log !== null) return this.store(state.log, message, from, waits);
    if (kernel.frozen) deepFreeze(message);
    const matched = this.patterns.size === 0 ? NOBODY : this.matchedAt(place);
    if (state === null && matched.length === 0) return 0;
    const exact = state === null ? NOBODY : state.subscribers;
    if (!waits && !(hasRoom(exact) && hasRoom(matched))) {
      if (state !== null) state.rejected++;
      return 'full';
    }
    if (state !== null && state.waiting >= WAITING_MAX) {
      state.rejected++;
      throw new BusError(
        'TOPIC_FULL', subject, `${WAITING_MAX} publishes wait for slow readers already; await publish, or give the `
          + "readers another policy (slow: 'drop-oldest')",
      );
    }
    if (state !== null) {
      state.published++;
      state.keep(message);
    }
    return this.offer(place, exact, matched, message, from);
  }

  /** Nobody has it before it is committed. */
  private store(log: TopicLog, message: unknown, from: Process | null, waits: boolean): Storing {
    if (!waits) {
      throw new OptionError(
        'topic.tryPublish', log.name, 'a topic that is not durable', 'a commit takes time: await topic.publish(…)',
        'BAD_COMBINATION',
      );
    }
    const storing = new Storing(this.host.kernel, log, encode(message, 'message'), from);
    log.publish(storing, from);
    return storing;
  }

  private offer(
    place: Place, exact: readonly Subscriber[], matched: readonly Subscriber[], message: unknown,
    from: Process | null,
  ): number | Publishing {
    const { name } = place;
    let reached = 0;
    let pending: Publishing | null = null;
    for (const list of [exact, matched]) {
      for (const one of list) {
        const offer = one.offer(name, message, from);
        if (offer === Offer.Reached) reached++;
        else if (offer === Offer.Waits) {
          pending ??= new Publishing(this.host.kernel, this.stateOf(name));
          (one as Reader).await(pending);
        }
      }
    }
    if (pending === null) return reached;
    pending.reach(reached);
    pending.decided(false); // all have been offered it
    return pending;
  }

  private stateAt(place: Place): TopicState | null {
    const { state } = place;
    if (state !== null && !state.gone) return state;
    return (place.state = this.states.get(place.name) ?? null);
  }

  private matchedAt(place: Place): readonly Subscriber[] {
    const { patterns } = this;
    if (place.version !== patterns.version) {
      place.matched = patterns.match(place.segments);
      place.version = patterns.version;
    }
    return place.matched;
  }

  private checked(state: TopicState | null, subject: string, given: unknown): unknown {
    if (given === undefined) {
      throw new BusError('INVALID_PAYLOAD', subject, 'undefined is what a reader gets at the end; publish null');
    }
    if (isThenable(given)) {
      disown(given);
      throw new BusError('INVALID_PAYLOAD', subject, 'a message is no promise: await it first');
    }
    const schema = state === null ? null : state.schema;
    if (schema === null) return given;
    const made = parsed(subject, schema, given);
    if (made !== undefined && !isThenable(made)) return made;
    disown(made);
    throw new BusError('INVALID_PAYLOAD', subject, 'the schema made undefined or a promise of it');
  }

  /* ---- subscribe ---- */

  /** Throws once the system has stopped: nothing would ever be published. */
  checkOpen(): void {
    if (this.ended) throw systemStopped();
  }

  /** One subscriber more, of a name or of a pattern. */
  enter(one: Subscriber, name: string, pattern: readonly string[] | null): void {
    if (pattern === null) this.stateOf(name).add(one);
    else this.patterns.add(pattern, one);
  }

  leave(one: Subscriber, name: string, pattern: readonly string[] | null): void {
    if (pattern === null) this.states.get(name)?.remove(one);
    else this.patterns.remove(pattern, one);
  }

  /** Of the messages that are kept under a name, or under all names that fit a pattern, the latest so many each. */
  replayed(name: string, pattern: readonly string[] | null, asked: number | undefined): TopicMessage[] {
    const kept = pattern === null
      ? [this.states.get(name)].filter((state) => state !== undefined)
      : this.fitting(pattern);
    return kept.flatMap((state) => state.latest(asked ?? (state.options?.retain === true ? 1 : 0))
      .map((message) => new TopicMessage(state.name, message)));
  }

  private fitting(pattern: readonly string[]): TopicState[] {
    if (this.keeping.size === 0) return [];
    const trie = new PatternTrie<true>();
    trie.add(pattern, true);
    return [...this.keeping].filter(({ name }) => trie.match(name.split('.')).length > 0);
  }

  bury(topic: string, message: unknown, owner: Process, reason: ExitReason, from: Process | null): void {
    this.host.router.deadLetters.add(new TopicRedelivery(topic, owner, from), message, reason);
  }

  /* ---- the end ---- */

  /** Ends its subscriptions and forgets what it keeps. */
  close(name: string): void {
    const state = this.states.get(name);
    if (state === undefined) return;
    for (const one of state.subscribers) one.finish('closed');
    state.forget();
    this.keeping.delete(state);
    state.leave();
  }

  /** The system has stopped. */
  private end(): void {
    this.ended = true;
    for (const state of this.states.values()) for (const one of state.subscribers) one.finish('stopped');
    for (const one of this.patterns.all()) one.finish('stopped');
  }
}

function parsed(subject: string, schema: StandardSchema<unknown, unknown>, given: unknown): unknown {
  try {
    return checkPayload('publish', schema, given);
  } catch (error) {
    if (!isA(error, PayloadError)) throw error;
    throw new BusError('INVALID_PAYLOAD', subject, error.message, { cause: error });
  }
}

function hasRoom(list: readonly Subscriber[]): boolean {
  for (const one of list) if (!one.hasRoom) return false;
  return true;
}

export function refusePattern(verb: string, name: string): OptionError {
  return new OptionError(
    `topic.${verb}`, name, 'a topic by its name',
    verb === 'options' ? 'a pattern has none: give them to each name' : 'a pattern can be subscribed to, and no more',
    'BAD_NAME',
  );
}
