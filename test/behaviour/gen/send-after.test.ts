import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineAgent } from '../../../src/index.js';
import type { ProcessSelf, TimerRef } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const Light = defineAgent({
  name: 'Light',
  init: () => ({ seen: [] as string[] }),
  casts: {
    off(self) { self.state.seen.push('off'); },
    dim: { schema: z.number(), handle(self, by) { self.state.seen.push(`dim ${by}`); } },
  },
  calls: { seen: (self) => self.state.seen },
  info(self, message) { self.state.seen.push(String(message)); },
});
const Hand = defineAgent({
  name: 'Hand', calls: { does: (self, what: (self: ProcessSelf) => unknown) => what(self as unknown as ProcessSelf) },
});

function world() {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  return { env, system, light: system.start(Light, { name: 'light' }), hand: system.start(Hand) };
}

describe('sendAfter of an operation', () => {
  it('casts it after its time, and is read and cancelled as any timer', async () => {
    const { env, light, hand } = world();
    await hand.call('does', (self) => {
      self.sendAfter(light, 100, 'dim', 3);
      const timer = self.sendAfter(light, 50, 'off');
      expect(self.readTimer(timer)).toBe(50);
      expect(self.cancelTimer(timer)).toBe(50);
      self.sendAfter(20, 'plain', light);
    });
    await env.advance(99);
    expect(await light.call('seen')).toEqual(['plain']);
    await env.advance(1);
    expect(await light.call('seen')).toEqual(['plain', 'dim 3']);
  });

  it('outlives who asked for it, and goes to whoever has the name then', async () => {
    const { env, system, light, hand } = world();
    await hand.call('does', (self) => { self.sendAfter(system.ref(Light, 'light'), 100, 'off'); });
    await hand.stop();
    await light.stop();
    const second = system.start(Light, { name: 'light' });
    await env.advance(100);
    expect(await second.call('seen')).toEqual(['off']);
  });

  it('to a pid ends with that process; to a name of nobody it is a dead letter', async () => {
    const { env, system, light, hand } = world();
    let timer: TimerRef | undefined;
    await hand.call('does', (self) => {
      timer = self.sendAfter(light, 100, 'off');
      self.sendAfter(system.ref(Light, 'nobody'), 100, 'off');
    });
    await light.stop();
    await env.advance(100);
    expect(system.deadLetters.list().map(({ to, op }) => [to, op])).toEqual([['nobody', 'off']]);
    await hand.call('does', (self) => {
      expect(self.readTimer(timer as TimerRef)).toBe(false);
      expect(self.readTimer(self.sendAfter(light, 100, 'off')), 'cancelled from the start').toBe(false);
    });
    await env.advance(200);
    expect(system.deadLetters.list().length).toBe(1);
  });

  it('throws at once for what is wrong with it', async () => {
    const { system, light, hand } = world();
    await hand.call('does', (self) => {
      expect(() => self.sendAfter(light, 5, 'nothing' as 'off')).toThrow(/^sendAfter 'nothing'/);
      expect(() => self.sendAfter(light, 5, 'dim', 'a lot' as never))
        .toThrow(/^sendAfter 'dim' to .*payload does not fit/);
      expect(() => self.sendAfter(light, -1, 'off')).toThrow(/sendAfter\.ms/);
      expect(() => self.sendAfter(light, 5, 'off', undefined, { lane: 'fast' as never })).toThrow(/lane/);
      expect(() => self.sendAfter({} as typeof light, 5, 'off')).toThrow(/a ref of an agent/);
    });
    expect(system.stats().queued).toBe(0);
  });
});
