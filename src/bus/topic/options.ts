import { DELAY_MAX_MS, OptionError, parseOptions, timeoutMs, z } from '../../base/index.js';
import { checkKeys, checkSchema, checkSignal } from '../../behaviour/gen/index.js';
import type { StandardSchema } from '../../api/protocol.js';
import type {
  AgentSubscribeOptions, PublishOptions, SubscribeOptions, TopicOptions, TopicStart,
} from '../../api/bus/topic.js';
import { checkBusName } from '../core/index.js';

export interface ReadTopic {
  readonly schema: StandardSchema<unknown, unknown> | null;
  readonly retain: boolean;
  readonly replay: number;
  /** null for a topic that is not durable */
  readonly retention: ReadRetention | null;
}

export interface ReadRetention {
  readonly max: number;
  readonly bytesMax: number;
  readonly ageMs: number;
}

const BUFFER = 1_024;
const STALL_MS = 5_000;
const REPLAY_MAX = 100_000;
const KEPT = 100_000;
const KEPT_MAX = 10_000_000;
const BUFFER_RULE = 'a whole number of messages from 1 to 1,000,000';
const REPLAY_RULE = `a whole number of messages from 0 to ${REPLAY_MAX.toLocaleString('en')}`;
const POLICIES = "'suspend', 'drop-oldest', 'drop-newest' or 'disconnect'";

const flag = z.boolean({ error: 'true or false' }).optional();
const replay = z.number({ error: REPLAY_RULE }).int({ error: REPLAY_RULE }).min(0, { error: REPLAY_RULE })
  .max(REPLAY_MAX, { error: REPLAY_RULE }).optional();

const replaySchema = z.strictObject({ replay }, { error: 'an object' });
const count = (what: string, max: number) => {
  const rule = `a whole number of ${what} from 1 to ${max.toLocaleString('en')}`;
  return z.number({ error: rule }).int({ error: rule }).min(1, { error: rule }).max(max, { error: rule });
};
const retention = z.strictObject({
  max: count('messages', KEPT_MAX).optional(),
  bytesMax: count('bytes', Number.MAX_SAFE_INTEGER).optional(),
  ageMs: count('milliseconds', DELAY_MAX_MS).optional(),
}, { error: 'an object' });
const topicSchema = z.strictObject({
  schema: z.unknown().optional(), retain: flag, replay, durable: flag, retention: retention.optional(),
}, { error: 'an object' });
const ageSchema = z.strictObject({ ageMs: count('milliseconds', DELAY_MAX_MS) }, { error: 'an object' });
const readerSchema = z.strictObject({
  buffer: z.number({ error: BUFFER_RULE }).int({ error: BUFFER_RULE }).min(1, { error: BUFFER_RULE })
    .max(1_000_000, { error: BUFFER_RULE }).optional(),
  slow: z.enum(['suspend', 'drop-oldest', 'drop-newest', 'disconnect'], { error: POLICIES }).optional(),
  stallMs: z.unknown().optional(),
  replay,
  withTopic: flag,
  signal: z.unknown().optional(),
  from: z.unknown().optional(),
  durable: z.unknown().optional(),
  acknowledge: z.enum(['auto', 'manual'], { error: "'auto' or 'manual'" }).optional(),
}, { error: 'an object' });
const agentSchema = z.strictObject({
  cast: z.string({ error: 'the name of a cast' }).optional(), replay, withTopic: flag,
  from: z.unknown().optional(), durable: z.unknown().optional(),
}, { error: 'an object' });

export function readTopic(options: TopicOptions): ReadTopic {
  const read = parseOptions('topic', topicSchema, options);
  if (read.schema !== undefined) checkSchema('topic.schema', read.schema);
  const { durable = false, retention: kept } = read;
  if (kept !== undefined && !durable) {
    throw new OptionError('topic.retention', kept, 'durable: true beside it', 'for late readers of this life give '
      + 'replay', 'BAD_COMBINATION');
  }
  return {
    schema: read.schema as ReadTopic['schema'] ?? null, retain: read.retain ?? false, replay: read.replay ?? 0,
    retention: durable
      ? { max: kept?.max ?? KEPT, bytesMax: kept?.bytesMax ?? Infinity, ageMs: kept?.ageMs ?? Infinity } : null,
  };
}

/** Options of something else that keeps what was there for who comes late. */
export function readReplay(where: string, options: unknown): number {
  return parseOptions(where, replaySchema, options).replay ?? 0;
}

export interface ReadSubscribe {
  readonly buffer: number;
  readonly slow: NonNullable<SubscribeOptions['slow']>;
  readonly stallMs: number;
  readonly replay: number | undefined;
  readonly withTopic: boolean;
  readonly signal: AbortSignal | undefined;
  readonly stored: ReadStored;
}

/** What a subscription asks of a durable topic. */
export interface ReadStored {
  readonly from: TopicStart | undefined;
  /** the name of its cursor */
  readonly durable: string | undefined;
  readonly manual: boolean;
  /** as it was given */
  readonly stallMs?: unknown;
}

/** What every subscription of a topic may ask, where it asks for nothing. */
function readStored(
  given: {
    readonly from?: unknown; readonly durable?: unknown; readonly acknowledge?: unknown; readonly stallMs?: unknown;
  }, replayed: unknown,
): ReadStored {
  const { from, durable, acknowledge } = given;
  if (acknowledge !== undefined && durable === undefined) {
    throw new OptionError('subscribe.acknowledge', acknowledge, 'durable beside it', "add durable: 'a name'",
      'BAD_COMBINATION');
  }
  if (from !== undefined && replayed !== undefined) {
    throw new OptionError('subscribe.replay', replayed, 'one of from and replay', 'leave one out', 'BAD_COMBINATION');
  }
  return {
    from: from === undefined ? undefined : readFrom(from),
    durable: durable === undefined ? undefined : checkBusName('subscribe.durable', durable),
    manual: acknowledge === 'manual',
    stallMs: given.stallMs,
  };
}

function readFrom(from: unknown): TopicStart {
  if (from === 'earliest' || from === 'latest') return from;
  if (typeof from === 'number' && Number.isSafeInteger(from) && from >= 0) return from;
  if (typeof from === 'object' && from !== null) return parseOptions('subscribe.from', ageSchema, from);
  throw new OptionError(
    'subscribe.from', from, "'earliest', 'latest', a whole offset from 0, or { ageMs }",
    'offsets are told by TopicMessage: subscribe({ withTopic: true })',
  );
}

export function readSubscribe(options: SubscribeOptions): ReadSubscribe {
  const read = parseOptions('subscribe', readerSchema, options) as SubscribeOptions;
  const slow = read.slow ?? 'suspend';
  if (read.stallMs !== undefined && slow !== 'suspend') {
    throw new OptionError(
      'subscribe.stallMs', read.stallMs, "slow: 'suspend' beside it",
      `nobody waits for a reader with '${slow}'`, 'BAD_COMBINATION',
    );
  }
  const buffer = read.buffer ?? BUFFER;
  if (read.replay !== undefined && read.replay > buffer) {
    throw new OptionError(
      'subscribe.replay', read.replay, `at most the buffer, which is ${buffer}`, 'give a larger buffer',
    );
  }
  const stored = readStored(read, read.replay);
  if (stored.durable !== undefined && slow !== 'suspend') {
    throw new OptionError(
      'subscribe.slow', slow, "slow: 'suspend' beside durable",
      'a durable subscription loses nothing: what it has no room for is read from the store later',
      'BAD_COMBINATION',
    );
  }
  return {
    buffer, slow, stored,
    stallMs: readStall(read.stallMs),
    replay: read.replay,
    withTopic: read.withTopic ?? false,
    signal: checkSignal('subscribe', read.signal),
  };
}

function readStall(given: SubscribeOptions['stallMs']): number {
  const ms = timeoutMs('subscribe.stallMs', given, STALL_MS);
  if (ms !== 0) return ms;
  throw new OptionError(
    'subscribe.stallMs', given, "a whole number of milliseconds from 1, or 'infinity'",
    "to lose messages in place of waiting, give slow: 'drop-oldest' or 'disconnect'",
  );
}

export interface ReadAgent {
  readonly cast: string | undefined;
  readonly replay: number | undefined;
  readonly withTopic: boolean;
  readonly stored: ReadStored;
}

export function readAgent(options: AgentSubscribeOptions): ReadAgent {
  for (const key of ['buffer', 'slow', 'stallMs', 'signal', 'acknowledge']) {
    if (typeof options !== 'object' || options === null || !Object.hasOwn(options, key)) continue;
    throw new OptionError(
      `subscribe.${key}`, (options as Record<string, unknown>)[key], 'an option of a subscription of an agent',
      'its buffer is its mailbox: start it with { mailbox: { capacity, overflow } }', 'UNKNOWN_OPTION',
    );
  }
  const { cast, replay: replayed, withTopic, ...rest } = parseOptions('subscribe', agentSchema, options);
  const stored = readStored(rest, replayed);
  if (stored.durable !== undefined && cast === undefined) {
    throw new OptionError(
      'subscribe.durable', stored.durable, 'cast beside it', 'a plain message cannot be delivered: give the operation',
      'BAD_COMBINATION',
    );
  }
  if (stored.durable !== undefined && withTopic === true) {
    throw new OptionError(
      'subscribe.withTopic', true, 'no withTopic beside durable', 'a delivery has the message alone', 'BAD_COMBINATION',
    );
  }
  return { cast, replay: replayed, withTopic: withTopic ?? false, stored };
}

export function readPublish(options: PublishOptions): AbortSignal | undefined {
  checkKeys('publish', options, ['signal']);
  return checkSignal('publish', options.signal);
}
