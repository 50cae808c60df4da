import { OptionError } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import {
  addressOf, AgentRefImpl, Engine, rejectedWith, RuntimeDefinition,
} from '../../behaviour/gen/index.js';
import { RefBase } from '../../behaviour/gen/request/index.js';
import { INFO } from '../../mailbox/message/index.js';
import { DeadAddress, fenced, Process } from '../../process/record/index.js';
import { checkName } from '../../router/names/index.js';
import type { Target } from '../../api/address.js';
import { BusError, checkBusName, checkPattern } from '../core/index.js';
import type {
  AgentSubscribeOptions, AgentSubscription, DurableSubscription, PublishOptions, SubscribeOptions, Subscription, Topic,
  TopicOptions, TopicStats, TopicTarget,
} from '../../api/bus/topic.js';
import { AgentSubscriber, type Reception } from './agent.js';
import type { Cursor } from './cursor.js';
import { Forward, forwardTerms } from './forward.js';
import type { TopicLog } from './log.js';
import { readAgent, readPublish, type ReadStored, readSubscribe } from './options.js';
import type { Publishing } from './publishing.js';
import { Reader, type ReadReader } from './reader.js';
import type { TopicState } from './state.js';
import { StoredAgent } from './stored-agent.js';
import { StoredReader } from './stored-reader.js';
import { addresseeOf, forget, refuseStored, Start } from './stored.js';
import type { Storing } from './storing.js';
import type { Subscriber } from './subscriber.js';
import type { Topics } from './topics.js';
import { type Place, refusePattern } from './topics.js';

const NOBODY: readonly Subscriber[] = [];

/** A topic by its name, in the name of a process, or of the outside. */
export class TopicImpl<T> implements Topic<T>, Place {
  #segments: readonly string[] | null = null;
  /** @internal */
  state: TopicState | null = null;
  /** @internal */
  matched: readonly Subscriber[] = NOBODY;
  /** @internal */
  version = -1;
  readonly #topics: Topics;
  readonly #p: Process | null;
  /** a name with wildcards */
  readonly #wild: boolean;
  constructor(topics: Topics, p: Process | null, readonly name: string, options: TopicOptions | undefined) {
    this.#topics = topics;
    this.#p = p;
    this.#wild = typeof name === 'string' && name.includes('*');
    if (this.#wild) {
      this.#segments = checkPattern('topic', name);
      if (options !== undefined) throw refusePattern('options', name);
    } else {
      checkBusName('topic', name);
      // What one that has ended asks for is given to it, and does nothing.
      if (p === null || !fenced(p)) topics.open(name, options);
    }
  }

  /** @internal */
  get segments(): readonly string[] {
    return (this.#segments ??= this.name.split('.'));
  }

  publish(message: T, options?: PublishOptions): Promise<number> {
    const { kernel } = this.#topics.host;
    let signal: AbortSignal | undefined;
    try {
      signal = options === undefined ? undefined : readPublish(options);
      signal?.throwIfAborted();
      if (this.#wild) throw refusePattern('publish', this.name);
      const made = this.#topics.publish(this, message, this.#from, true);
      if (typeof made === 'number') return kernel.scheduler.paced(Promise.resolve(made));
      const waits = made as Publishing | Storing;
      if (signal !== undefined) waits.watch(signal);
      return kernel.answer(waits.promise);
    } catch (error) {
      const send = { verb: 'publish', definition: this.name, target: this.name, op: 'publish' } as const;
      kernel.failures.refused(send, error, signal?.aborted === true);
      return rejectedWith(kernel, error);
    }
  }

  tryPublish(message: T): number | 'full' {
    if (this.#wild) throw refusePattern('tryPublish', this.name);
    const made = this.#topics.publish(this, message, this.#from, false);
    return typeof made === 'object' ? (made as Publishing).reachedSoFar : made;
  }

  /** In whose name it is published: a topic without an owner takes the process whose handler runs now. */
  get #from(): Process | null {
    return this.#p ?? this.#topics.host.kernel.current;
  }

  subscribe<M = never>(options: SubscribeOptions & { readonly durable: string }): DurableSubscription<M>;
  subscribe<M = never>(options?: SubscribeOptions): Subscription<M>;
  subscribe(agent: TopicTarget, options?: AgentSubscribeOptions): AgentSubscription;
  subscribe(
    first?: SubscribeOptions | TopicTarget, second?: AgentSubscribeOptions,
  ): Subscription<unknown> | AgentSubscription {
    const topics = this.#topics;
    if (fenced(this.#p)) {
      throw new BusError('ZOMBIE', `topic '${this.name}'`, `the process ${(this.#p as Process).pid} has ended`);
    }
    topics.checkOpen();
    checkFirst(first);
    if (isTarget(first)) return this.#forAgent(first, second);
    if (second !== undefined) {
      throw new OptionError(
        'topic.subscribe', first, 'a ref, a pid or a name before its options', 'for a reader give the options alone',
      );
    }
    return this.#forReader(first);
  }

  #forReader(given: SubscribeOptions | undefined): Reader {
    const topics = this.#topics;
    const { replay, withTopic, stored, ...given1 } = readSubscribe(given ?? {});
    const options: ReadReader = {
      ...given1, bury: (topic, message, owner, reason, from) => topics.bury(topic, message, owner, reason, from),
    };
    const log = this.#log;
    if (log !== null) return this.#forStored(log, options, withTopic, stored, replay);
    refuseStored(this.name, stored);
    const made = new Reader(topics.host.kernel, this.#subscribed(withTopic), options);
    if (options.signal?.aborted === true) {
      made.unsubscribe();
      return made;
    }
    for (const { topic, message } of this.#replayed(replay)) made.replay(topic, message);
    topics.enter(made, this.name, this.#pattern);
    return made;
  }

  /** What is stored of it; null for a topic that is not durable, and for a pattern. */
  get #log(): TopicLog | null {
    return this.#wild ? null : this.#topics.known(this.name)?.log ?? null;
  }

  #latest(asked: number | undefined): number {
    return asked ?? (this.#topics.known(this.name)?.options?.retain === true ? 1 : 0);
  }

  #forStored(
    log: TopicLog, options: ReadReader, withTopic: boolean, stored: ReadStored, replay: number | undefined,
  ): StoredReader {
    const topics = this.#topics;
    const { from, durable, manual } = stored;
    const at = new Start(log, stored, this.#latest(replay));
    const made = new StoredReader(topics.host.kernel, at.leaving(this.#subscribed(withTopic)), options, {
      log, start: at.start, cursor: at.cursor, manual,
      gaps: from !== undefined || durable !== undefined || options.slow !== 'suspend',
    });
    if (options.signal?.aborted === true) {
      made.unsubscribe();
      return made;
    }
    topics.enter(made, this.name, null);
    made.begin();
    return made;
  }

  #forAgent(target: TopicTarget, given: AgentSubscribeOptions | undefined): AgentSubscriber | Forward {
    const topics = this.#topics;
    const { cast, replay, withTopic, stored } = readAgent(given ?? {});
    const { kernel } = topics.host;
    const { reception, definition } = this.#reception(target, cast);
    const log = this.#log;
    if (log !== null) return this.#forStoredAgent(log, reception, definition, withTopic, stored, replay);
    refuseStored(this.name, stored);
    const made = new AgentSubscriber(kernel, this.#subscribed(withTopic), reception);
    if (made.gone) {
      made.finish('owner');
      return made;
    }
    for (const { topic, message } of this.#replayed(replay)) made.offer(topic, message, null);
    topics.enter(made, this.name, this.#pattern);
    return made;
  }

  #forStoredAgent(
    log: TopicLog, reception: Reception, definition: RuntimeDefinition | null, withTopic: boolean,
    stored: ReadStored, replay: number | undefined,
  ): AgentSubscriber | Forward {
    const topics = this.#topics;
    const { kernel } = topics.host;
    const { durable } = stored;
    let made: StoredAgent | Forward;
    if (durable === undefined) {
      const at = new Start(log, stored, this.#latest(replay));
      made = new StoredAgent(kernel, this.#subscribed(withTopic), reception, log, at.start);
      if (made.gone) {
        made.finish('owner');
        return made;
      }
    } else {
      const to = addresseeOf(reception, definition as RuntimeDefinition);
      const terms = forwardTerms(kernel, to, `topic ${this.name} ${durable}`);
      const at = new Start(log, stored, this.#latest(replay));
      const of = at.leaving(this.#subscribed(false));
      made = new Forward(kernel, of, to, terms, log, at.cursor as Cursor, at.start);
    }
    topics.enter(made, this.name, null);
    made.begin();
    return made;
  }

  #reception(
    target: TopicTarget, cast: string | undefined,
  ): { readonly reception: Reception; readonly definition: RuntimeDefinition | null } {
    const { host } = this.#topics;
    if (typeof target === 'string' && !target.startsWith(host.kernel.prefix)) checkName('topic.subscribe', target);
    const addr = addressOf(host, target as Target);
    const common = {
      addr, process: addr instanceof Process || addr instanceof DeadAddress ? addr : null, router: host.router,
    };
    if (cast === undefined) return { reception: { ...common, op: INFO, behaviour: null }, definition: null };
    const definition = target instanceof RefBase ? target.definition : definitionAt(addr.owner);
    if (definition === null) {
      throw new OptionError(
        'topic.subscribe', target, 'an agent whose definition is known, beside cast',
        'give a ref: system.ref(Definition, nameOrPid)',
      );
    }
    const op = definition.castOp(cast);
    if (op === undefined) throw new AgentRefImpl(addr, definition, host.kernel, null).unknown(cast, 'cast');
    return { reception: { ...common, op, behaviour: definition.behaviour }, definition };
  }

  get #pattern(): readonly string[] | null {
    return this.#wild ? this.segments : null;
  }

  #replayed(asked: number | undefined): { readonly topic: string; readonly message: unknown }[] {
    return this.#topics.replayed(this.name, this.#pattern, asked);
  }

  #subscribed(withTopic: boolean) {
    const topics = this.#topics;
    const { name } = this;
    const pattern = this.#pattern;
    return {
      name, withTopic, subject: `topic '${name}'`, owner: this.#p,
      leave: (one: Subscriber) => topics.leave(one, name, pattern),
    };
  }

  forget(durable: string): Promise<boolean> {
    const { kernel } = this.#topics.host;
    try {
      checkBusName('topic.forget', durable);
      const log = this.#log;
      if (log === null) refuseStored(this.name, { from: undefined, durable, manual: false });
      return forget(kernel, log as TopicLog, durable);
    } catch (error) {
      return rejectedWith(kernel, error);
    }
  }

  close(): void {
    if (this.#wild) throw refusePattern('close', this.name);
    if (!fenced(this.#p)) this.#topics.close(this.name);
  }

  stats(): TopicStats {
    if (this.#wild) throw refusePattern('stats', this.name);
    return this.#topics.known(this.name)?.stats()
      ?? { name: this.name, subscribers: 0, published: 0, rejected: 0, waiting: 0, kept: 0 };
  }
}

/** What has a pid, or is a name, is somebody; anything else is options. */
function isTarget(given: unknown): given is TopicTarget {
  return typeof given === 'string' || (typeof given === 'object' && given !== null && 'pid' in given);
}

/** What is neither, with what people mean by it. */
function checkFirst(given: unknown): void {
  const fix = typeof given === 'function'
    ? 'a topic takes no listeners: for await (const message of topic.subscribe()) …, or subscribe an agent'
    : given instanceof RuntimeDefinition
      ? 'start one: topic.subscribe(system.start(Definition))'
      : typeof given === 'object' && given !== null && 'cast' in given && !('pid' in given)
        ? 'the agent comes first: topic.subscribe(ref, { cast })'
        : undefined;
  if (fix === undefined && (given === undefined || typeof given === 'object' || typeof given === 'string')
    && given !== null) return;
  throw new OptionError('topic.subscribe', given, 'an agent, or the options of a reader', fix);
}

/** Of an agent or a state machine that lives: what it was defined by. */
function definitionAt(p: Process | null): RuntimeDefinition | null {
  return p !== null && p.behaviour instanceof Engine ? p.behaviour.definition : null;
}

shownAs(TopicImpl, (it) => `Topic(${it.name})`);
