import type { Case } from '../../lib/case.js';
import { nextTurn, nowMs, perSecond } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';
import { defineCounter } from '../counter.js';

const BURST = 1_000;

type Guarantee = 'at-most-once' | 'at-least-once' | 'exactly-once';

/** One sender, one agent: every message is accepted with a receipt, handled and acknowledged. */
const delivered = (guarantee: Guarantee): Case => (library) => {
  const Counter = defineCounter(library);
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter, { name: 'counter' });
    const ref = system.ref(Counter, 'counter');
    const options = guarantee === 'at-least-once' ? undefined : { guarantee };
    const started = nowMs();
    for (let sent = 1; sent <= size; sent++) {
      void ref.deliver('add', undefined, options);
      if (sent % BURST === 0) await nextTurn();
    }
    expectCount('deliveries handled', await counter.call('count', undefined, { timeoutMs: 'infinity' }), size);
    const figure = perSecond(size, started);
    expectCount('deliveries acknowledged', ref.stats().delivery.acknowledged, size);
    return figure;
  });
};

export const deliverAtMostOnce: Case = delivered('at-most-once');
export const deliverAtLeastOnce: Case = delivered('at-least-once');
export const deliverExactlyOnce: Case = delivered('exactly-once');

const PAYLOAD_CHARS = 512;

/** The same with a key and a payload of 512 bytes each: whatever remembers keys compares payloads. */
const keyed = (payloadOf: (text: string, n: number) => unknown): Case => (library) => {
  const Taker = library.defineAgent({
    init: () => ({ count: 0 }),
    calls: { count: (self) => self.state.count },
    casts: { take(self, _payload: unknown) { self.state.count += 1; } },
  });
  return (size) => withSystem(library, async (system) => {
    const taker = system.start(Taker, { name: 'taker' });
    const ref = system.ref(Taker, 'taker');
    const filler = 'x'.repeat(PAYLOAD_CHARS);
    const texts = Array.from(
      { length: BURST }, (_, n) => Buffer.from(`${n}${filler}`).toString('latin1', 0, PAYLOAD_CHARS),
    );
    const payloads = texts.map(payloadOf);
    const started = nowMs();
    for (let sent = 1; sent <= size; sent++) {
      void ref.deliver('take', payloads[sent % BURST], { guarantee: 'exactly-once', key: `key-${sent}` });
      if (sent % BURST === 0) await nextTurn();
    }
    expectCount('deliveries handled', await taker.call('count', undefined, { timeoutMs: 'infinity' }), size);
    const figure = perSecond(size, started);
    expectCount('deliveries acknowledged', ref.stats().delivery.acknowledged, size);
    return figure;
  });
};

export const deliverKeyed512: Case = keyed((text) => text);
/** as an object of a few parts */
export const deliverKeyedObject: Case = keyed(
  (text, n) => ({ id: n, text: text.slice(0, 400), tags: ['a', `t${n}`], from: { name: 'agent', turn: n } }),
);
