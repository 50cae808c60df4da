import type { Case } from '../lib/case.js';
import { addressCall, addressFirst } from './activation/address.js';
import { passivatedMemory, passivatedReturn } from './activation/passivated.js';
import { deliverAll, enqueueAlone } from './activation/stored.js';
import {
  callConcurrent, callDeadlineSignal, callDevelopment, callFreshSignal, callSequential,
} from './router/call.js';
import { asyncCast, asyncCastDevelopment, castBacklog, castStream, priorityCast } from './mailbox/cast.js';
import {
  deliverAtLeastOnce, deliverAtMostOnce, deliverExactlyOnce, deliverKeyed512, deliverKeyedObject,
} from './delivery/deliver.js';
import { afterEverything, afterEverythingCall, afterEverythingDeliver } from './system/everything.js';
import { flood, floodTurn, timerDelay } from './process/fairness.js';
import { agentStart, bytesPerAgent, millionAgents, spawnExit } from './process/life.js';
import { bytesPerQueuedCast, bytesPerQueuedDelivery, bytesPerSettledDelivery } from './mailbox/memory.js';
import { groupBroadcast, registeredSend } from './router/names.js';
import { monitorDemonitor, taskAsyncAwait, timerCreateCancel } from './process/process.js';
import { balanceCast, balanceStrategy } from './delivery/balance.js';
import {
  durableDeliver, durableDeliverAlone, durableEffect, durableLoopDelay,
} from './delivery/durable.js';
import { durableRecovery, durableRecoveryRss } from './delivery/recovery.js';
import { journalAppend } from './journal/append.js';
import { gather1000 } from './bus/gather.js';
import { concurrentCall } from './behaviour/concurrent.js';
import { breakerRun, limitQueue, limitRun, poolQueue } from './delivery/guards.js';
import { boundedCast, laneCast } from './mailbox/pressure.js';
import { systemStats } from './system/stats.js';
import { topicAgents, topicMatch, topicReaders } from './bus/topic.js';
import { streamCredit, streamFrom, streamItems, streamPush, streamShared } from './behaviour/stream.js';
import { queueLease8, queuePushPull } from './bus/queue.js';
import { serviceGuarded, serviceRequest, serviceWorkers } from './bus/service.js';
import { statemEvent } from './behaviour/statem.js';
import { restartMedian, restartStorm } from './supervisor/supervision.js';
import { fanIn, fanOut, pingPong, ring } from './process/topology.js';

/** Those of balancers, and what their metrics are called. */
const strategies = [
  { name: 'round-robin', metric: 'turn' },
  { name: 'least-loaded', metric: 'least' },
  { name: 'two-choices', metric: 'two' },
  { name: 'random', metric: 'random' },
  { name: 'fastest', metric: 'fastest' },
  { name: 'consistent-hash', metric: 'hash' },
  { name: 'weighted', metric: 'weight' },
] as const;

/** Every case by the name of its metric. */
export const cases: ReadonlyMap<string, Case> = new Map([
  ['cast_stream', castStream],
  ['cast_backlog', castBacklog],
  ['priority_cast', priorityCast],
  ['balance_cast', balanceCast],
  ...strategies.flatMap(({ name, metric }) => [
    [`balance_${metric}_10`, balanceStrategy(name, 10)] as const,
    [`balance_${metric}_10k`, balanceStrategy(name, 10_000)] as const,
  ]),
  ['bounded_cast', boundedCast],
  ['lane_cast', laneCast],
  ['call_seq', callSequential],
  ['call_1000', callConcurrent],
  ['ring_1k', ring],
  ['fan_in', fanIn],
  ['fan_out', fanOut],
  ['pingpong', pingPong],
  ['pg_broadcast', groupBroadcast],
  ['registered_send', registeredSend],
  ['statem_event', statemEvent],
  ['timer_create_cancel', timerCreateCancel],
  ['monitor_demonitor', monitorDemonitor],
  ['task_async_await', taskAsyncAwait],
  ['spawn_exit', spawnExit],
  ['agent_start', agentStart],
  ['restart_p50', restartMedian],
  ['restart_storm', restartStorm],
  ['bytes_per_agent', bytesPerAgent],
  ['deliver_at_most_once', deliverAtMostOnce],
  ['deliver_at_least_once', deliverAtLeastOnce],
  ['deliver_exactly_once', deliverExactlyOnce],
  ['deliver_keyed_512', deliverKeyed512],
  ['deliver_keyed_object', deliverKeyedObject],
  ['topic_1', topicReaders(1)],
  ['topic_10', topicReaders(10)],
  ['topic_100', topicReaders(100)],
  ['topic_agents', topicAgents],
  ['topic_match_100k', topicMatch],
  ['queue_push_pull', queuePushPull],
  ['queue_lease_8', queueLease8],
  ['stream_credit_1', streamItems('count', 1)],
  ['stream_credit_64', streamItems('count', 64)],
  ['stream_plain_64', streamItems('plain', 64)],
  ['stream_shared_10', streamShared],
  ['stream_credit', streamCredit],
  ['stream_push', streamPush],
  ['stream_from', streamFrom],
  ['service_request', serviceRequest],
  ['service_guarded', serviceGuarded],
  ...[1, 2, 4, 8].map((workers) => [`service_workers_${workers}`, serviceWorkers(workers)] as const),
  ['call_deadline_signal', callDeadlineSignal],
  ['call_fresh_signal', callFreshSignal],
  ['gather_1000', gather1000],
  ['call_development', callDevelopment],
  ['concurrent_call', concurrentCall],
  ['limit_run', limitRun],
  ['breaker_run', breakerRun],
  ['limit_queue', limitQueue],
  ['pool_queue', poolQueue],
  ['bytes_per_queued_cast', bytesPerQueuedCast],
  ['bytes_per_queued_delivery', bytesPerQueuedDelivery],
  ['bytes_per_settled_delivery', bytesPerSettledDelivery],
  ['async_cast', asyncCast],
  ['async_cast_development', asyncCastDevelopment],
  ['million_agents', millionAgents],
  ['timer_delay', timerDelay],
  ['after_everything', afterEverything],
  ['after_everything_deliver', afterEverythingDeliver],
  ['after_everything_call', afterEverythingCall],
  ['system_stats_1m', systemStats],
  ['journal_append', journalAppend(256)],
  ['journal_append_alone', journalAppend(1)],
  ['durable_deliver', durableDeliver],
  ['durable_deliver_alone', durableDeliverAlone],
  ['durable_effect', durableEffect],
  ['durable_loop_delay', durableLoopDelay],
  ['durable_recovery', durableRecovery],
  ['durable_recovery_rss', durableRecoveryRss],
  ['address_call', addressCall],
  ['address_first', addressFirst],
  ['passivated_100k', passivatedMemory],
  ['passivated_return', passivatedReturn],
  ['enqueue_alone', enqueueAlone],
  ['deliver_all', deliverAll],
  ['flood', flood],
  ['flood_turn', floodTurn],
]);
