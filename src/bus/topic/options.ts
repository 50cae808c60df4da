import { OptionError, parseOptions, timeoutMs, z } from '../../base/index.js';
import { checkKeys, checkSchema, checkSignal } from '../../behaviour/gen/index.js';
import type { StandardSchema } from '../../api/protocol.js';
import type { AgentSubscribeOptions, PublishOptions, SubscribeOptions, TopicOptions } from '../../api/bus/topic.js';

export interface ReadTopic {
  readonly schema: StandardSchema<unknown, unknown> | null;
  readonly retain: boolean;
  readonly replay: number;
}

const BUFFER = 1_024;
const STALL_MS = 5_000;
const REPLAY_MAX = 100_000;
const BUFFER_RULE = 'a whole number of messages from 1 to 1,000,000';
const REPLAY_RULE = `a whole number of messages from 0 to ${REPLAY_MAX.toLocaleString('en')}`;
const POLICIES = "'suspend', 'drop-oldest', 'drop-newest' or 'disconnect'";

const flag = z.boolean({ error: 'true or false' }).optional();
const replay = z.number({ error: REPLAY_RULE }).int({ error: REPLAY_RULE }).min(0, { error: REPLAY_RULE })
  .max(REPLAY_MAX, { error: REPLAY_RULE }).optional();

const replaySchema = z.strictObject({ replay }, { error: 'an object' });
const topicSchema = z.strictObject({ schema: z.unknown().optional(), retain: flag, replay }, { error: 'an object' });
const readerSchema = z.strictObject({
  buffer: z.number({ error: BUFFER_RULE }).int({ error: BUFFER_RULE }).min(1, { error: BUFFER_RULE })
    .max(1_000_000, { error: BUFFER_RULE }).optional(),
  slow: z.enum(['suspend', 'drop-oldest', 'drop-newest', 'disconnect'], { error: POLICIES }).optional(),
  stallMs: z.unknown().optional(),
  replay,
  withTopic: flag,
  signal: z.unknown().optional(),
}, { error: 'an object' });
const agentSchema = z.strictObject({
  cast: z.string({ error: 'the name of a cast' }).optional(), replay, withTopic: flag,
}, { error: 'an object' });

export function readTopic(options: TopicOptions): ReadTopic {
  const read = parseOptions('topic', topicSchema, options);
  if (read.schema !== undefined) checkSchema('topic.schema', read.schema);
  return { schema: read.schema ?? null, retain: read.retain ?? false, replay: read.replay ?? 0 };
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
  return {
    buffer, slow,
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

export function readAgent(options: AgentSubscribeOptions): AgentSubscribeOptions {
  for (const key of ['buffer', 'slow', 'stallMs', 'signal']) {
    if (typeof options !== 'object' || options === null || !Object.hasOwn(options, key)) continue;
    throw new OptionError(
      `subscribe.${key}`, (options as Record<string, unknown>)[key], 'an option of a subscription of an agent',
      'its buffer is its mailbox: start it with { mailbox: { capacity, overflow } }', 'UNKNOWN_OPTION',
    );
  }
  return parseOptions('subscribe', agentSchema, options);
}

export function readPublish(options: PublishOptions): AbortSignal | undefined {
  checkKeys('publish', options, ['signal']);
  return checkSignal('publish', options.signal);
}
