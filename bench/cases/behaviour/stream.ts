import { Readable } from 'node:stream';
import type { Case, Castcall, System } from '../../lib/case.js';
import { nowMs, perSecond } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';

const CREDIT = 64;

function counterOf(library: Castcall) {
  return library.defineAgent({
    calls: {
      async *count(_self, to: number) { for (let n = 0; n < to; n++) yield n; },
      *plain(_self, to: number) { for (let n = 0; n < to; n++) yield n; },
    },
  });
}

type Counter = ReturnType<typeof counterOf>;

/** Reads so many numbers to their end, and looks that each came once. */
async function readAll(items: AsyncIterable<number>, size: number): Promise<void> {
  let sum = 0;
  let count = 0;
  for await (const n of items) {
    sum += n;
    count++;
  }
  expectCount('items read', count, size);
  expectCount('sum of the items', sum, (size * (size - 1)) / 2);
}

/** Items per second of a stream with so much credit, of an async generator or of a plain one. */
export const streamItems = (op: 'count' | 'plain', credit: number): Case => (library) => {
  const Counter = counterOf(library);
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter);
    const started = nowMs();
    await readAll(counter.stream(op, size, { credit }), size);
    return perSecond(size, started);
  }, { development: false });
};

/** Items per second of a concurrent stream that ten readers share. */
export const streamShared: Case = (library) => {
  const Counter = counterOf(library);
  return (size) => withSystem(library, async (system) => {
    const each = size / 10;
    const started = nowMs();
    const shared = system.share(system.start(Counter).stream('plain', each, { credit: CREDIT }));
    await Promise.all(Array.from({ length: 10 }, () => readAll(shared, each)));
    return perSecond(size, started);
  }, { development: false });
};

function pushed(size: number): Readable {
  let n = 0;
  return new Readable({ objectMode: true, highWaterMark: CREDIT, read() {
    while (n < size) if (!this.push(n++)) return;
    this.push(null);
  } });
}

async function* numbers(size: number): AsyncGenerator<number> {
  for (let n = 0; n < size; n++) yield n;
}

const BLOCK = 10_000;

/** How many times as long as another way an item takes with credit; blocks of both alternate. */
const compared = (
  other: (size: number, system: System, Counter: Counter) => AsyncIterable<number>,
): Case => (library) => {
  const Counter = counterOf(library);
  return (size) => withSystem(library, async (system) => {
    const counter = system.start(Counter);
    const times = [0, 0];
    for (let block = 0; block < size / BLOCK; block++) {
      for (const which of block % 2 === 0 ? [0, 1] : [1, 0]) {
        const began = nowMs();
        await readAll(which === 0
          ? counter.stream('count', BLOCK, { credit: CREDIT }) : other(BLOCK, system, Counter), BLOCK);
        times[which]! += nowMs() - began;
      }
    }
    return times[0]! / times[1]!;
  }, { development: false });
};

/** Against a stream of credit 1: an item for each one that is asked for. */
export const streamCredit: Case = compared((size, system, Counter) => system.start(Counter).stream('count', size));
/** Against a Readable of Node that pushes until it is told to stop. */
export const streamPush: Case = compared(pushed);
/** Against a Readable of Node that is made from an async generator, as the handler is one. */
export const streamFrom: Case = compared((size) => Readable.from(numbers(size)));
