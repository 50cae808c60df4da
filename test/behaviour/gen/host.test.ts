import { describe, expect, it } from 'vitest';
import { addressOf, deliveriesOf, hostOf } from '../../../src/behaviour/gen/host.js';
import { defineAgent, OptionError } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { idler, listener, settle } from '../../process/peers.js';
import { callFailure } from '../help.js';

const Ping = defineAgent({ calls: { ping: () => 'pong' } });

describe('the host of a kernel', () => {
  it('is missing where no system has made the kernel: an error that says so, not a crash', () => {
    expect(() => hostOf({ host: null } as never)).toThrow(
      expect.objectContaining({
        code: 'PORT_UNFILLED', message: expect.stringContaining('createSystem') as string,
      }),
    );
  });

  it('may have no guaranteed delivery', () => {
    expect(() => deliveriesOf({ host: { deliveries: null } } as never)).toThrow(
      expect.objectContaining({
        code: 'PORT_UNFILLED', message: expect.stringContaining('delivery') as string,
      }),
    );
  });
});

describe('a target', () => {
  it('is a ref, a pid, a name, or whatever says its pid', async () => {
    const system = testSystem();
    const one = await listener(system, { name: 'one' });
    const { ref } = one;
    for (const to of [ref, ref.pid, 'one', { pid: ref.pid }]) system.send(to, String(to));
    await settle();
    expect(one.seen).toHaveLength(4);
  });

  it.each([undefined, null, 7, true, {}, { pid: 7 }, { addr: undefined }])('is not %j', (to) => {
    const system = testSystem();
    const host = { router: { address: () => { throw new Error('not asked'); } } };
    for (const use of [() => system.send(to as never, 'x'), () => addressOf(host as never, to as never)]) {
      expect(use).toThrow(OptionError);
      expect(use).toThrow(/^target: got .*expected a ref, a pid or a registered name/);
    }
    expect(system.stats().sent).toBe(0);
  });

  it('by name is looked up at every use, by ref means one incarnation', async () => {
    const system = testSystem();
    const first = system.start(Ping, { name: 'ping' });
    const named = system.ref(Ping, 'ping');
    expect(await named.call('ping')).toBe('pong');
    const { pid } = first;
    await first.stop();
    expect(await callFailure(named.call('ping'))).toMatchObject({ code: 'NOPROC' });
    const second = system.start(Ping, { name: 'ping' });
    expect([named.pid, await named.call('ping')]).toEqual([second.pid, 'pong']);
    expect(first.pid).toBeUndefined();
    expect(await callFailure(first.call('ping'))).toMatchObject({ code: 'NOPROC', target: pid });
  });
});

describe('a send in the name of a process that has ended', () => {
  it('P16 rejects as ZOMBIE from every verb that has an answer, counted by its code, and reaches nobody', async () => {
    const system = testSystem();
    const target = system.start(Ping);
    const { ref, self } = await idler(system);
    const mine = self.bind(target);
    system.exit(ref, 'kill');
    for (const failed of [self.call(target, 'ping'), mine.call('ping'), mine.deliver('ping')]) {
      expect(await callFailure(failed)).toMatchObject({ code: 'ZOMBIE', op: 'ping' });
    }
    expect(system.stats()).toMatchObject({ zombies: 3, sent: 0 });
  });
});
