import { describe, expect, it } from 'vitest';
import type { Inbox, Transport } from '../../../src/cluster/transport/index.js';

/** What the suite needs of an implementation: nodes that can reach each other, and a clock. */
export interface TransportPlace {
  transport(node: string): Transport;
  sleep(ms: number): Promise<void>;
}

class Box implements Inbox {
  readonly frames: number[][] = [];
  readonly gone: string[] = [];
  frame(bytes: Uint8Array): void {
    this.frames.push([...bytes]);
  }
  unreachable(node: string): void {
    this.gone.push(node);
  }
}

/**
 * What every transport keeps while nothing is wrong with what is below it.
 *
 * @param within runs a test in a new place
 */
export function transportContract(
  name: string, within: (body: (place: TransportPlace) => Promise<void>) => Promise<void>,
): void {
  const joined = (place: TransportPlace, node: string): { at: Transport; box: Box } => {
    const at = place.transport(node);
    const box = new Box();
    at.attach(node, box);
    return { at, box };
  };

  describe(`the contract of transports, frames: ${name}`, () => {
    it('frames arrive as they were, in order, at their node alone', () => within(async (place) => {
      const [a, b, c] = [joined(place, 'a'), joined(place, 'b'), joined(place, 'c')];
      for (let n = 0; n < 50; n++) a.at.send('b', Uint8Array.of(n, 255 - n));
      b.at.send('a', Uint8Array.of(7));
      await place.sleep(50);
      expect(b.box.frames).toEqual(Array.from({ length: 50 }, (_, n) => [n, 255 - n]));
      expect([a.box.frames, c.box.frames]).toEqual([[[7]], []]);
    }));

    it('the largest frame arrives; a view of a larger buffer is sent alone', () => within(async (place) => {
      const [a, b] = [joined(place, 'a'), joined(place, 'b')];
      const large = new Uint8Array(a.at.frameBytesMax).fill(3);
      a.at.send('b', large.slice());
      a.at.send('b', new Uint8Array(8).fill(9).subarray(2, 5));
      await place.sleep(50);
      expect(b.box.frames.map((frame) => frame.length)).toEqual([large.length, 3]);
      expect(b.box.frames[0]).toEqual([...large]);
    }));

    it('a send to nobody throws nothing, and nothing is received within a send', () => within(async (place) => {
      const [a, b] = [joined(place, 'a'), joined(place, 'b')];
      a.at.send('nobody', Uint8Array.of(1));
      a.at.send('b', Uint8Array.of(1));
      expect(b.box.frames).toEqual([]);
      await place.sleep(50);
      expect(b.box.frames).toEqual([[1]]);
      expect(a.box.gone.every((node) => node === 'nobody')).toBe(true);
    }));

    it('who has left neither gets nor sends', () => within(async (place) => {
      const [a, b] = [joined(place, 'a'), joined(place, 'b')];
      a.at.send('b', Uint8Array.of(1));
      b.at.detach();
      b.at.send('a', Uint8Array.of(2));
      await place.sleep(50);
      expect([a.box.frames, b.box.frames]).toEqual([[], []]);
    }));
  });

  describe(`the contract of transports, register: ${name}`, () => {
    it('a key is set by who knows its token, and by nobody else', () => within(async (place) => {
      const [{ register: a }, { register: b }] = [joined(place, 'a').at, joined(place, 'b').at];
      const first = await a.write('k', 'one', 0, 0);
      if (!first.ok) throw new Error('a free key was refused');
      expect(await b.write('k', 'two', 0, 0)).toEqual({ ok: false, held: { value: 'one', token: first.token } });
      const second = await a.write('k', 'three', first.token, 0);
      if (!second.ok) throw new Error('the holder was refused');
      expect(second.token).toBeGreaterThan(first.token);
      expect(await a.write('k', 'four', first.token, 0)).toMatchObject({ ok: false });
      expect(await b.read('k')).toEqual({ value: 'three', token: second.token });
      expect(await b.read('other')).toBeNull();
    }));

    it('of many that want a free key one gets it', () => within(async (place) => {
      const all = ['a', 'b', 'c', 'd'].map((node) => joined(place, node).at.register);
      const written = await Promise.all(all.map((one, n) => one.write('k', String(n), 0, 0)));
      const got = written.flatMap((one, n) => (one.ok ? [n] : []));
      expect(got).toHaveLength(1);
      expect(await all[0]?.read('k')).toMatchObject({ value: String(got[0]) });
    }));

    it('tokens grow, also after a key was removed or has expired', () => within(async (place) => {
      const { register } = joined(place, 'a').at;
      const tokens: number[] = [];
      const take = async (after: number, ttlMs: number): Promise<number> => {
        const made = await register.write('k', 'v', after, ttlMs);
        if (!made.ok) throw new Error('refused');
        tokens.push(made.token);
        return made.token;
      };
      const first = await take(0, 0);
      expect(await register.remove('k', first + 1)).toBe(false);
      expect(await register.remove('k', first)).toBe(true);
      expect(await register.remove('k', first)).toBe(false);
      const second = await take(0, 100);
      await place.sleep(60);
      await take(second, 100); // renewed
      await place.sleep(60);
      expect(await register.write('k', 'w', 0, 0)).toMatchObject({ ok: false });
      await place.sleep(60);
      expect(await register.read('k')).toBeNull();
      expect(await register.write('k', 'w', second, 0)).toEqual({ ok: false, held: null });
      await take(0, 0);
      expect(tokens).toEqual([...new Set(tokens)].sort((x, y) => x - y));
    }));
  });
}
