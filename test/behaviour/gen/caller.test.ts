import { describe, expect, it } from 'vitest';
import { callerOf, needed } from '../../../src/behaviour/gen/caller.js';
import { OptionError } from '../../../src/index.js';
import { idler } from '../../process/peers.js';
import { testSystem } from '../../support/system.js';

describe('the process that a verb is called for', () => {
  it('is the one whose self is given', async () => {
    const system = testSystem();
    const { ref, self } = await idler(system);
    expect(callerOf(self, 'register')?.pid).toBe(ref.pid);
    expect(needed(self, 'register').pid).toBe(ref.pid);
    expect(system.stats().zombies).toBe(0);
  });

  it('P16 has ended: no process, counted; a verb that has an answer to give says so', async () => {
    const system = testSystem();
    const { ref, self } = await idler(system);
    system.exit(ref, 'kill');
    expect(callerOf(self, 'leave')).toBeNull();
    expect(() => needed(self, 'lookup')).toThrow(
      expect.objectContaining({
        code: 'ZOMBIE',
        message: expect.stringContaining(`lookup: the process ${ref.pid}`) as string,
      }),
    );
    expect(system.stats().zombies).toBe(2);
  });

  it.each(
    [undefined, null, 7, 'pid', {}, { pid: '<1>' }],
  )('is not told by %j: that is refused with the verb', (given) => {
    for (const verb of [callerOf, needed]) {
      expect(() => verb(given as never, 'join')).toThrow(OptionError);
      expect(() => verb(given as never, 'join'))
        .toThrow(/^join\.self: got .*expected the self of the calling process/);
    }
  });

  it('is not told by a ref of it: only a self speaks for a process', async () => {
    const { ref } = await idler(testSystem());
    expect(() => callerOf(ref as never, 'join')).toThrow(/join\.self/);
  });
});
