import { createSystem, defineAgent, type System } from '../../src/index.js';
import { memoryStore } from '../../src/journal/public.js';

/** What is asked of a system whose store another one has. */
async function locked(ask: (system: System) => Promise<unknown>): Promise<unknown[]> {
  const store = memoryStore();
  const owner = createSystem({ store, logger: false });
  await owner.store.ready;
  const other = createSystem({ store, logger: false });
  const asked = ask(other);
  await other.stop();
  await owner.stop();
  return [asked];
}

const Any = defineAgent({ calls: { turn: () => 1 } });

/** What rejects where a store cannot be opened, by the name of the member. */
export const storedLater: Readonly<Record<string, () => Promise<unknown[]>>> = {
  ...Object.fromEntries((['flush', 'stats', 'check', 'backup'] as const).map((verb) => [
    `SystemStore.${verb}`, () => locked(({ store }) => store[verb]('nowhere')),
  ])),
  'Subtree.list': () => locked((system) => system.addresses().list()),
  'DurableSubscription.acknowledge': () => locked((system) =>
    system.topic('t', { durable: true }).subscribe({ durable: 'r' }).acknowledge()),
  'SystemStore.ready': () => locked(({ store }) => store.ready),
  'AsideAgents.resume': () => locked(({ store }) => store.aside.resume('nobody')),
  'AsideAgents.reset': () => locked(({ store }) => store.aside.reset('nobody')),
  ...Object.fromEntries((['resolve', 'reject', 'expire'] as const).map((verb) => [
    `Waits.${verb}`, () => locked(({ waits }) => waits[verb]('')),
  ])),
  'Tags.bind': () => locked((system) => system.tags.bind('', system.ref(Any, 'x'))),
  'Tags.group': () => locked(({ tags }) => tags.group(['a'], Any, 'b//c')),
  'Tags.unbind': () => locked(({ tags }) => tags.unbind('')),
  'Tags.resolve': () => locked(({ tags }) => tags.resolve('')),
  'Tags.list': () => locked(({ tags }) => tags.list()),
};
