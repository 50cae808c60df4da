import { agentsSuite } from './agents.js';
import { activationSuite } from './activation.js';
import { attemptsSuite } from './attempts.js';
import { breakerSuite } from './breaker.js';
import { callsSuite } from './calls.js';
import { cancelSuite } from './cancel.js';
import { crashSuite } from './crash.js';
import { deadRowsSuite } from './dead-rows.js';
import { deliverySuite } from './delivery.js';
import { durableSuite } from './durable.js';
import { durableQueueSuite } from './durable-queue.js';
import { durableScheduleSuite } from './durable-schedule.js';
import { durableTopicSuite } from './durable-topic.js';
import { enqueueSuite } from './enqueue.js';
import { exitsSuite } from './exits.js';
import { floodSuite } from './flood.js';
import { healthSuite } from './health.js';
import { intensitySuite } from './intensity.js';
import { ledgerSuite } from './ledger.js';
import { launchSuite } from './launch.js';
import { leftoversSuite } from './leftovers.js';
import { lettersSuite } from './letters.js';
import { guardedSuite } from './guarded.js';
import { limitsSuite } from './limits.js';
import { mailboxSuite } from './mailbox.js';
import { namesSuite } from './names.js';
import { orderSuite } from './order.js';
import { poolsSuite } from './pools.js';
import { pressureSuite } from './pressure.js';
import { queueSuite } from './queue.js';
import { randomSuite } from './random.js';
import { receiveSuite } from './receive.js';
import { restartingSuite } from './restarting.js';
import { scheduleSuite } from './schedule.js';
import { sessionSuite } from './session.js';
import { serviceSuite } from './service.js';
import { sharedStreamSuite } from './shared-stream.js';
import { shutdownSuite } from './shutdown.js';
import { startingSuite } from './starting.js';
import { startStopSuite } from './start-stop.js';
import { statemSuite } from './statem.js';
import { stoppingSuite } from './stopping.js';
import { streamSuite } from './stream.js';
import type { Suite } from './suite.js';
import { sysSuite } from './sys.js';
import { taskStreamSuite } from './task-stream.js';
import { topicSuite } from './topic.js';
import { transitionSuite } from './transition.js';
import { undeliverableSuite } from './undeliverable.js';

/** All suites, in the order in which a seed runs them. */
export const suites: readonly Suite[] = [
  crashSuite, exitsSuite, orderSuite, callsSuite, stoppingSuite, startingSuite, startStopSuite,
  intensitySuite, restartingSuite, shutdownSuite,
  cancelSuite, leftoversSuite, mailboxSuite, pressureSuite, sysSuite, receiveSuite, floodSuite, transitionSuite,
  breakerSuite, limitsSuite, guardedSuite, deliverySuite, ledgerSuite, attemptsSuite, poolsSuite, lettersSuite,
  namesSuite, statemSuite, streamSuite, taskStreamSuite, topicSuite, queueSuite, serviceSuite, scheduleSuite,
  durableSuite, agentsSuite, deadRowsSuite, durableQueueSuite, durableTopicSuite, durableScheduleSuite, enqueueSuite,
  activationSuite, launchSuite, healthSuite, sharedStreamSuite, undeliverableSuite, sessionSuite,
  randomSuite,
];
