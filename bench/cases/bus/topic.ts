import type { Case } from '../../lib/case.js';
import { nowMs, perSecond } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';

/** Publishes to so many readers that iterate; an item that was read is one operation. */
export const topicReaders = (readers: number): Case => (library) => (size) => withSystem(library, async (system) => {
  const rounds = size / readers;
  const topic = system.topic<number>('prices');
  const read = async (): Promise<number> => {
    let count = 0;
    for await (const _ of topic.subscribe()) if (++count === rounds) break;
    return count;
  };
  const started = nowMs();
  const counts = Array.from({ length: readers }, read);
  for (let round = 0; round < rounds; round++) await topic.publish(round);
  let total = 0;
  for (const count of counts) total += await count;
  const rate = perSecond(size, started);
  expectCount('items read', total, size);
  return rate;
}, { development: false });

const MEMBERS = 1_000;
const BLOCK = 20;

/** How many times a publish to 1,000 agents takes as long as a broadcast to as many; blocks of both alternate. */
export const topicAgents: Case = (library) => {
  const Groups = library.defineScope({ name: 'groups' });
  const Member = library.defineAgent({
    init: () => ({ count: 0 }),
    calls: { count: (self) => self.state.count },
    casts: { item(self, _payload: string) { self.state.count += 1; } },
  });
  return (size) => withSystem(library, async (system) => {
    system.start(Groups, { name: 'groups' });
    const groups = system.ref(Groups);
    const topic = system.topic<string>('all');
    const grouped = Array.from({ length: MEMBERS }, () => system.start(Member));
    const subscribed = Array.from({ length: MEMBERS }, () => system.start(Member));
    groups.join('all', grouped);
    for (const member of subscribed) topic.subscribe(member, { cast: 'item' });
    const rounds = size / MEMBERS;
    const times = [0, 0];
    for (let made = 0; made < rounds; made += BLOCK) {
      for (const which of (made / BLOCK) % 2 === 0 ? [0, 1] : [1, 0]) {
        const began = nowMs();
        for (let n = 0; n < BLOCK; n++) {
          if (which === 0) groups.cast('all', Member, 'item', 'ping');
          else topic.tryPublish('ping');
        }
        await (which === 0 ? grouped : subscribed).at(-1)?.call('count');
        times[which]! += nowMs() - began;
      }
    }
    for (const member of [...grouped, ...subscribed]) {
      expectCount('items handled by one agent', await member.call('count'), rounds);
    }
    return times[1]! / times[0]!;
  });
};

const PATTERNS = 100_000;

/** The pattern of a number: a topic of one agent of a tenant, or of that agent of any. */
const patternOf = (n: number): string =>
  (n % 4 === 3 ? `*.agent${n >> 2}.done` : `tenant${n % 1_000}.agent${n >> 2}.*`);
const nameOf = (n: number): string => `tenant${n % 1_000}.agent${n >> 2}.done`;

/** Publishes, by a new handle each, to names that 100,000 patterns may fit. */
export const topicMatch: Case = (library) => (size) => withSystem(library, async (system) => {
  const subscriptions = Array.from({ length: PATTERNS }, (_, n) =>
    system.topic<number>(patternOf(n)).subscribe({ buffer: 1, slow: 'drop-oldest' }));
  let reached = 0;
  const started = nowMs();
  for (let n = 0; n < size; n++) reached += system.topic<number>(nameOf((n * 7) % PATTERNS)).tryPublish(n) as number;
  const rate = perSecond(size, started);
  let sent = 0;
  for (const one of subscriptions) {
    sent += one.stats().sent;
    one.unsubscribe();
  }
  expectCount('messages that reached a subscription', sent, reached);
  if (reached < size) throw new Error(`reached ${reached}, expected at least one subscription for each of ${size}`);
  await Promise.resolve();
  return rate;
});
