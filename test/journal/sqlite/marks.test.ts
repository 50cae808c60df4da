import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchOf, bytes, Place } from './place.js';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.dispose());

describe('marks of attempts', () => {
  it('P22: survive the death of the program at once, for messages that are still there', async () => {
    const store = await place.filled(4);
    store.mark(1, 1);
    store.mark(2, 1);
    store.mark(2, 2);
    store.mark(3, 1);
    store.mark(99, 1);
    await store.write(batchOf(5, (batch) => batch.remove('message', 3)));
    const path = place.crashed('after.db');
    const next = place.store({ path });
    expect([...(await next.open()).marks]).toEqual([[1, 1], [2, 2]]);
    // They are kept as long as nothing is closed in order, and no others are.
    expect(statSync(`${path}-marks-0`).size).toBe(48);
    next.mark(1, 2);
    next.mark(4, 1);
    await next.write(batchOf(6));
    expect(statSync(`${path}-marks-0`).size).toBe(96);
    await next.close();
    expect((await next.open()).marks.size).toBe(0);
    expect(statSync(`${path}-marks-0`).size).toBe(0);
  });

  it('P22: that are torn or damaged are passed over, and none behind them is', async () => {
    const store = await place.filled(4);
    store.mark(1, 1);
    const path = place.crashed('torn.db');
    const one = readFileSync(`${path}-marks-0`);
    const after = (seq: number): Buffer => {
      store.mark(seq, seq);
      return readFileSync(`${place.path}-marks-0`).subarray(-24);
    };
    appendFileSync(`${path}-marks-0`, one.subarray(0, 7));
    appendFileSync(`${path}-marks-0`, after(2));
    appendFileSync(`${path}-marks-0`, bytes(...after(3).fill(1, 16, 17)));
    appendFileSync(`${path}-marks-0`, after(4));
    appendFileSync(`${path}-marks-0`, after(4).subarray(0, 23));
    expect([...(await place.store({ path }).open()).marks]).toEqual([[1, 1], [2, 2], [4, 4]]);
  });

  it('P22: take a bounded room, however many there are, and the last of each message counts', async () => {
    const store = await place.filled(3);
    store.mark(1, 7);
    store.mark(3, 1);
    let largest = 0;
    for (let round = 1; round <= 3; round++) {
      for (let attempt = 1; attempt <= 66_000; attempt++) store.mark(2, round * 70_000 + attempt);
      // What the thread brings over by now is earlier than this.
      store.mark(1, 7 - round);
      await store.facts();
      largest = Math.max(largest, statSync(`${place.path}-marks-0`).size + statSync(`${place.path}-marks-1`).size);
    }
    expect(largest).toBeLessThan(2.1 * 2 ** 20);
    await store.write(batchOf(4, (batch) => batch.remove('message', 3)));
    const { marks } = await place.store({ path: place.crashed('many.db') }).open();
    expect(Object.fromEntries(marks)).toEqual({ 1: 4, 2: 276_000 });
  });

  it('are errors of the store when they cannot be written', async () => {
    const store = await place.filled(1);
    await store.close();
    expect(() => store.mark(1, 1)).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }));
    writeFileSync(`${place.path}-marks-0`, '');
    await store.open();
    store.mark(1, 1);
  });
});
