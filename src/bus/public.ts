/**
 * Topics, queues, schedules, gather: the types of their verbs, what they give and fail with. The door of
 * `castcall/bus`.
 */
export type { GatherOptions, Quorum } from '../api/bus/gather.js';
export type {
  CronRules, IntervalRules, OnceRules, Schedule, ScheduledFunction, ScheduledRun, ScheduleMissed, ScheduleOverlap,
  ScheduleRules, ScheduleStats, ScheduleTimes,
} from '../api/bus/schedule.js';
export {
  type AgentSubscribeOptions, type AgentSubscription, type AnySubscription, type DurableSubscription,
  type PublishOptions,
  type SlowReaderPolicy, type StoredTopicStats, type SubscribeOptions, type Subscription, type SubscriptionEnd,
  type SubscriptionStats, type Topic, TopicGap, TopicMessage, type TopicOptions, type TopicRetention,
  type TopicStart, type TopicStats, type TopicTarget,
} from '../api/bus/topic.js';
export type {
  CallTaking, CastTaking, ConsumeOptions, Lease, LoopOptions, NackOptions, PullOptions, PushOptions, PushOutcome,
  Queue, QueueConsumer, QueueOptions, QueueStats,
} from '../api/bus/queue.js';
export type { BusErrorCode } from '../api/bus/errors.js';
export type {
  BusVerbs, GatherBranch, GatherResult, GatherVerbs, ScheduledCall, ScheduledCast, ScheduledDelivery,
  ScheduledOwnCast, ScheduledSend, ScheduleVerbs,
} from '../api/bus/verbs.js';
export { BusError } from './core/index.js';
export { GatherError } from './gather/index.js';
