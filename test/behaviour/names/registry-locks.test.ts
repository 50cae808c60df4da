import { describe, expect, it } from 'vitest';
import type { ProcessSelf, System } from '../../../src/index.js';
import type { RegistryRef } from '../../../src/behaviour/names/public.js';
import { defineRegistry, type RegistryDefinition } from '../../../src/behaviour/names/public.js';
import { idler, settle } from '../../process/peers.js';
import { testSystem } from '../../support/system.js';

interface Part { readonly role: string; readonly rank: number }

/** A running registry of each kind, over texts. */
function registries<V = Part>(
  system: System, kind: 'unique' | 'duplicate' = 'unique',
): RegistryRef<unknown, V> {
  const definition: RegistryDefinition<unknown, V> = defineRegistry<unknown, V>({ name: 'parts', keys: kind });
  system.start(definition, { name: 'parts' });
  return system.ref(definition);
}

const selves = async (system: System, count: number): Promise<ProcessSelf[]> =>
  (await Promise.all(Array.from({ length: count }, () => idler(system)))).map((one) => one.self);

describe('RY-14 a lock', () => {
  it('RY-14 excludes, is given in the order of asking, and freed by return and by throw', async () => {
    const system = testSystem();
    const parts = registries<number>(system);
    const [a, b, c] = await selves(system, 3) as [ProcessSelf, ProcessSelf, ProcessSelf];
    const log: string[] = [];
    let inside = 0;
    const work = (name: string, fail = false) => async (): Promise<string> => {
      expect(++inside).toBe(1);
      log.push(name);
      await settle(1);
      inside--;
      if (fail) throw new Error(name);
      return name;
    };
    const done = [
      parts.lock(a, 'k', work('a')), parts.lock(b, 'k', work('b', true)),
      parts.lock(c, 'k', work('c')), parts.lock(a, 'k', work('d')),
    ];
    expect(await parts.lock(b, 'other', () => 'free')).toBe('free');
    expect(await Promise.allSettled(done)).toEqual([
      { status: 'fulfilled', value: 'a' }, { status: 'rejected', reason: new Error('b') },
      { status: 'fulfilled', value: 'c' }, { status: 'fulfilled', value: 'd' },
    ]);
    expect(log).toEqual(['a', 'b', 'c', 'd']);
    expect(await parts.lock(c, 'k', () => 'again')).toBe('again');
  });

  it('RY-14 C12 is freed by the death of its holder before the Down of it arrives; the dead that wait are skipped', async () => {
    const system = testSystem();
    const parts = registries<number>(system);
    const [holder, waiter, next] = [await idler(system), await idler(system), await idler(system)];
    const log: string[] = [];
    const held = parts.lock(
      holder.self, 'k', () => { log.push('holder'); return new Promise(() => undefined); },
    );
    const skipped = parts.lock(waiter.self, 'k', () => log.push('waiter'));
    const got = parts.lock(next.self, 'k', () => log.push('next'));
    await settle();
    expect(log).toEqual(['holder']);
    system.exit(waiter.ref, 'kill');
    await expect(skipped).rejects.toMatchObject({ code: 'ZOMBIE', op: 'lock' });
    const watch = system.monitor(holder.ref).down.then(() => log.push('down'));
    system.exit(holder.ref, 'kill');
    await Promise.all([watch, got]);
    await expect(held).rejects.toMatchObject({ code: 'ZOMBIE' });
    expect(log).toEqual(expect.arrayContaining(['holder', 'next', 'down']));
    expect(log).not.toContain('waiter');
    expect(await parts.lock(next.self, 'k', () => 'free')).toBe('free');
  });

  it('RY-14 a process that ends between the grant and the start runs nothing', async () => {
    const system = testSystem();
    const parts = registries<number>(system);
    const owner = await idler(system);
    let ran = false;
    const lock = parts.lock(owner.self, 'k', () => { ran = true; });
    system.exit(owner.ref, 'kill');
    await expect(lock).rejects.toMatchObject({ code: 'ZOMBIE' });
    expect(ran).toBe(false);
  });

  it('the end of the registry refuses those that wait; who has the lock goes on', async () => {
    const system = testSystem();
    const parts = registries<number>(system);
    const [a, b] = await selves(system, 2) as [ProcessSelf, ProcessSelf];
    let release = (): void => undefined;
    const held = parts.lock(
      a, 'k', () => new Promise<string>((resolve) => { release = () => resolve('done'); }),
    );
    const waiting = parts.lock(b, 'k', () => 'never');
    await settle();
    system.exit('parts', 'kill');
    await expect(waiting).rejects.toMatchObject({ code: 'EXIT', op: 'lock' });
    release();
    expect(await held).toBe('done');
    system.start(defineRegistry({ name: 'late', keys: 'unique' }), { name: 'late' });
  });
});
