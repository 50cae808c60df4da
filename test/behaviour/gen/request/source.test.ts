import { describe, expect, it } from 'vitest';
import { Source, type Items, type Puller } from '../../../../src/behaviour/gen/request/source.js';
import { settle } from '../../../process/peers.js';

/** Hears what a source tells, in order. */
function puller(): Puller & { readonly told: unknown[] } {
  const told: unknown[] = [];
  return {
    told,
    pulled: (value) => told.push(['item', value]),
    exhausted: () => told.push('end'),
    broke: (error) => told.push(['broke', error]),
  };
}

function sourceOf(items: unknown): { readonly source: Source; readonly warned: unknown[] } {
  const warned: unknown[] = [];
  return { source: Source.of(items as Items, (error) => warned.push(error)), warned };
}

const boom = new Error('boom');

describe('a plain source', () => {
  it('tells each item at once, then its end; a promise that it yields is an item', () => {
    const promise = Promise.resolve(2);
    const { source } = sourceOf([1, promise]);
    const to = puller();
    for (let n = 0; n < 3; n++) source.pull(to);
    expect(to.told).toEqual([['item', 1], ['item', promise], 'end']);
  });

  it('that throws has broken, and is not closed behind that', () => {
    let returned = 0;
    const { source } = sourceOf({ [Symbol.iterator]: () => ({
      next() { throw boom; }, return() { returned++; return { done: true, value: undefined }; },
    }) });
    const to = puller();
    source.pull(to);
    source.close();
    source.close();
    expect(to.told).toEqual([['broke', boom]]);
    expect(returned).toBe(0);
  });

  it('that is closed in the middle of its next() is told when next() has returned, and its item is dropped', () => {
    const log: string[] = [];
    const { source } = sourceOf({ [Symbol.iterator]: () => ({
      next() { source.close(); log.push('next'); return { done: false, value: 1 }; },
      return() { log.push('return'); return { done: true, value: undefined }; },
    }) });
    const to = puller();
    source.pull(to);
    expect(log).toEqual(['next', 'return']);
    expect(to.told).toEqual([]);
  });

  it('that is at its end has nothing to clean up', () => {
    let returned = 0;
    const { source } = sourceOf({ [Symbol.iterator]: () => ({
      next: () => ({ done: true, value: 'ignored' }),
      return() { returned++; return { done: true, value: undefined }; },
    }) });
    const to = puller();
    source.pull(to);
    source.close();
    expect([to.told, returned]).toEqual([['end'], 0]);
  });
});

describe('an async source', () => {
  it('is asked for one item at a time and tells later', async () => {
    async function* items() { yield 1; yield 2; }
    const { source } = sourceOf(items());
    const to = puller();
    source.pull(to);
    expect(to.told, 'not at once').toEqual([]);
    await settle();
    source.pull(to);
    await settle();
    source.pull(to);
    await settle();
    expect(to.told).toEqual([['item', 1], ['item', 2], 'end']);
  });

  it('that rejects has broken', async () => {
    const { source } = sourceOf({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(boom) }) });
    const to = puller();
    source.pull(to);
    await settle();
    expect(to.told).toEqual([['broke', boom]]);
  });

  it('that is closed while it is asked is told once, at once; what it gives then is dropped, a failure too', async () => {
    for (const ends of ['item', 'failure'] as const) {
      let returned = 0;
      let answer: (how: 'item' | 'failure') => void = () => undefined;
      const { source } = sourceOf({ [Symbol.asyncIterator]: () => ({
        next: () => new Promise((resolve, reject) => {
          answer = (how) => { if (how === 'item') resolve({ done: false, value: 1 }); else reject(boom); };
        }),
        return() { returned++; return Promise.resolve({ done: true, value: undefined }); },
      }) });
      const to = puller();
      source.pull(to);
      source.close();
      source.close();
      expect(returned).toBe(1);
      answer(ends);
      await settle();
      expect([to.told, returned]).toEqual([[], 1]);
    }
  });

  it('is preferred when both kinds of iterator are there', async () => {
    const { source } = sourceOf({
      [Symbol.iterator]: () => ['plain'][Symbol.iterator](),
      async *[Symbol.asyncIterator]() { yield 'async'; },
    });
    const to = puller();
    source.pull(to);
    await settle();
    expect(to.told).toEqual([['item', 'async']]);
  });
});

describe('what a source may fail with', () => {
  it.each([7, 'text', null, undefined])('a step that is no object breaks it: %j', (step) => {
    const { source } = sourceOf({ [Symbol.iterator]: () => ({ next: () => step }) });
    const to = puller();
    source.pull(to);
    expect(to.told).toEqual([['broke', expect.any(TypeError)]]);
  });

  it('P17 the getters of a step are the user\'s code: what they throw breaks it', () => {
    for (const step of [
      { get done(): boolean { throw boom; } }, { done: false, get value(): number { throw boom; } },
    ]) {
      const { source } = sourceOf({ [Symbol.iterator]: () => ({ next: () => step }) });
      const to = puller();
      source.pull(to);
      expect(to.told).toEqual([['broke', boom]]);
    }
  });

  it('an iterator that is none is a TypeError where the source is made, and so is what is not iterable', () => {
    expect(() => sourceOf({ [Symbol.iterator]: () => 7 })).toThrow('7 is not an iterator');
    expect(() => sourceOf({ [Symbol.asyncIterator]: () => null })).toThrow(TypeError);
    expect(() => sourceOf({})).toThrow(TypeError);
    expect(() => sourceOf({ [Symbol.iterator]() { throw boom; } })).toThrow(boom);
  });

  it('a return() that throws or rejects is warned of; one that is missing is none', async () => {
    for (const fails of [() => { throw boom; }, () => Promise.reject(boom)]) {
      const { source, warned } = sourceOf(
        { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined), return: fails }) },
      );
      source.close();
      await settle();
      expect(warned).toEqual([boom]);
    }
    const { source, warned } = sourceOf({
      [Symbol.iterator]: () => ({ next: () => ({ done: true, value: 0 }) }),
    });
    source.close();
    expect(warned).toEqual([]);
  });
});
