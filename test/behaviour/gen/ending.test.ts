import { describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';
import { sleep } from '../help.js';

const boom = new Error('boom');

describe('the end of an agent', () => {
  test('C5a GS-21 stop with a reply: terminate runs to its end, then the reply, then the exit', async () => {
    const system = testSystem();
    const log: string[] = [];
    const Agent = defineAgent({
      calls: { bye: (self) => self.stop('normal', 'bye') },
      async terminate() { log.push('terminate begins'); await sleep(3); log.push('terminate ends'); },
    });
    const ref = system.start(Agent, { name: 'leaver' });
    const down = system.monitor(ref).down.then(() => log.push('down'));
    const reply = ref.call('bye').then((value) => log.push(`reply ${value}`));
    await sleep(1);
    expect(system.whereis('leaver'), 'it keeps its name while terminate runs').toBe(ref.pid);
    await Promise.all([down, reply]);
    expect(log.slice(0, 2)).toEqual(['terminate begins', 'terminate ends']);
    expect(log.slice(2).sort()).toEqual(['down', 'reply bye']);
    expect(system.stats().crashes).toBe(0);
  });

  test('C5b GS-21 GS-39 terminate crashes: the reply still arrives, the crash is the exit reason and is what is reported', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    for (const terminate of [() => { throw boom; }, async () => { await settleTurn(); throw boom; }]) {
      const ref = system.start(
        defineAgent({ calls: { bye: (self) => self.stop('normal', 'bye') }, terminate }),
      );
      const down = system.monitor(ref).down;
      expect(await ref.call('bye')).toBe('bye');
      expect((await down).reason).toBe(boom);
    }
    expect(logger.lines.map((line) => line.fields['reason'])).toEqual(['Error: boom', 'Error: boom']);
  });
});

describe('a terminate that fails', () => {
  test('GS-39 takes the place of a reason that was abnormal, which is logged; of an orderly one in silence', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const Agent = defineAgent({
      casts: { end: (self, reason: unknown) => self.stop(reason) }, terminate() { throw boom; },
    });
    for (const [reason, warned] of [['broken', true], ['normal', false], ['shutdown', false]] as const) {
      logger.lines.length = 0;
      const ref = system.start(Agent);
      const { down } = system.monitor(ref);
      ref.cast('end', reason);
      expect((await down).reason).toBe(boom);
      expect(logger.texts('warn')).toEqual(
        warned ? ['terminate failed while the agent was ending for another reason'] : [],
      );
      if (warned) expect(logger.lines.find(({ level }) => level === 'warn')?.fields['error']).toBe('broken');
    }
  });
});
