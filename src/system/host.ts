import { activationsOf, offerActivation } from '../activation/index.js';
import { nodeEnv } from '../base/index.js';
import { AgentRefImpl, startFrom, startWatched } from '../behaviour/gen/index.js';
import type { Host, RuntimeDefinition } from '../behaviour/gen/index.js';
import { spawnPlain } from '../behaviour/plain/index.js';
import { TaskVerbsImpl } from '../behaviour/task/index.js';
import { offerBus } from '../bus/index.js';
import { Durability, type Retention } from '../delivery/durable/index.js';
import { Delivery } from '../delivery/guarantee/index.js';
import { offerGuards } from '../delivery/index.js';
import { Journal, type StoreSource } from '../journal/index.js';
import { Reporter } from '../observe/index.js';
import { KernelImpl } from '../process/kernel/index.js';
import { Router } from '../router/index.js';
import { offerLaunches } from '../supervisor/launch/index.js';
import { offerTrees } from '../supervisor/static/index.js';
import type { Waits } from '../api/durable/steps.js';
import type { SystemStore } from '../api/durable/store.js';
import type { ReadOptions } from './options.js';
import { SystemStoreImpl } from './store.js';

/** Makes a kernel and a router, and fills their ports. */
export function makeHost(options: ReadOptions): { readonly host: Host; readonly outlives: Outlives | null } {
  const env = options.env ?? nodeEnv();
  const reporter = new Reporter(options.logger, options.name, options.details);
  const kernel = new KernelImpl({
    env,
    prefix: `${options.name}.${env.nonce()}.`,
    processesMax: options.processesMax,
    frozen: options.frozen,
    memory: options.memory,
    development: options.development,
    reporting: options.logger !== false,
    details: options.details,
    ports: {
      report: (report) => reporter.report(report),
      warn: (text, fields) => reporter.warn(text, fields),
      deadLetter: (to, op, payload, from, reason) => router.leftBy(to, op, payload, from, reason),
    },
  });
  if (options.details) kernel.warn('dangerouslyLogDetails: logs may contain secrets', {});
  const router = new Router(kernel, options.letters);
  const host: Host = {
    kernel,
    router,
    extensions: new Map(),
    deliveries: null,
    durables: null,
    refTo: (p, definition) => new AgentRefImpl(p, definition as RuntimeDefinition, kernel, null),
    start: (parent, definition, args) => startFrom(host, parent, definition, args),
    startMonitored: (parent, definition, args) => startWatched(host, parent, definition, args),
    tasks: (p) => new TaskVerbsImpl(kernel, p),
    spawn: (parent, body, linked, options) => spawnPlain(kernel, parent, body, linked, options),
  };
  kernel.host = host;
  offerGuards(host);
  const recoverBus = offerBus(host, options.strict);
  offerTrees(host);
  offerLaunches(host);
  offerActivation(host);
  const delivery = new Delivery(
    kernel, router, options.delivery, options.dedupe, options.recent,
    options.store === undefined ? undefined : 'castcall',
  );
  host.deliveries = delivery;
  kernel.delivery = delivery;
  const outlives = options.store === undefined ? null : openStore(host, delivery, options.store, options.retention);
  if (outlives !== null) recoverBus();
  return { host, outlives };
}

/** What a system with a store shows of it. */
interface Outlives {
  readonly store: SystemStore;
  readonly waits: Waits;
}

/** Opens the store, and fills the ports of what outlives the program. */
function openStore(host: Host, delivery: Delivery, source: StoreSource, retention: Retention): Outlives {
  const { kernel, router } = host;
  const store = source.connect();
  const { bytesMax } = store;
  const journal = new Journal(store, kernel.env, bytesMax === undefined ? {} : { bytesMax });
  const durability = new Durability(
    journal, kernel, router, delivery, (definition) => delivery.baseOf(definition), retention,
  );
  delivery.store = durability;
  host.durables = durability;
  durability.others.push(activationsOf(host).records);
  return { store: new SystemStoreImpl(journal, durability.whenReady(), durability.crashes), waits: durability.waits };
}
