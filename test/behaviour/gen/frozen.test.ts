import { simpleSupervisor } from '../../../src/supervisor/dynamic/handle.js';
import { template } from '../../../src/supervisor/dynamic/spec.js';
import { describe, expect, test } from 'vitest';
import { child, defineAgent, dynamicSupervisor, taskSupervisor } from '../../../src/index.js';
import { defineEventHandler, EventManager } from '../../../src/behaviour/event/public.js';
import { pool } from '../../../src/delivery/group/public.js';
import { partitionSupervisor } from '../../../src/supervisor/public.js';
import { Recorder, testSystem } from '../../support/system.js';

describe('PR-17 frozen payloads', () => {
  test('a payload that was kept in the state and is changed later: the crash report says what happened and what to do', async () => {
    const logger = new Recorder();
    const system = testSystem({ payloads: 'frozen', logger });
    const Cart = defineAgent({
      init: () => ({ items: [] as string[] }),
      casts: { load(self, items: string[]) { self.state.items = items; } },
      calls: {
        add(self, item: string) { self.state.items.push(item); return self.state.items.length; },
        other() { throw new TypeError('x is not a function'); },
      },
    });
    for (const op of ['add', 'other'] as const) {
      const cart = system.start(Cart);
      cart.cast('load', ['tea']);
      await cart.tryCall(op as 'add', 'cake');
    }
    const [added, other] = logger.lines.filter(({ text }) => text === 'process crashed').map(
      ({ fields }) => fields['hint'],
    );
    expect(added).toMatch(/was it in a message\?.*structuredClone.*payloads: 'shared'/);
    expect(other).toBeUndefined();
  });

  test('not where payloads are shared: the object was frozen by somebody else', async () => {
    const logger = new Recorder();
    const system = testSystem({ payloads: 'shared', logger });
    const Cart = defineAgent({ casts: { fill(_self, items: string[]) { items.push('x'); } } });
    system.start(Cart).cast('fill', Object.freeze(['tea']) as string[]);
    await new Promise(setImmediate);
    expect(logger.lines.find(({ text }) => text === 'process crashed')?.fields).not.toHaveProperty('hint');
  });

  test('what starts with a config of the program leaves it as it is, whatever starts it', async () => {
    const system = testSystem({ payloads: 'frozen' });
    const config = { model: 'm', limits: { tokens: 1 } };
    const seen: unknown[] = [];
    const see = (given: unknown): void => { seen.push(given); };
    const Bot = defineAgent({ init: (given: typeof config) => { see(given); return {}; } });
    const Handler = defineEventHandler({ init: (given: typeof config) => { see(given); return {}; } });
    system.start(Bot, config);
    await system.supervise({ children: [child('static', Bot, config)] });
    await (
      await system.supervise(dynamicSupervisor('dynamic', { extraArguments: [] }))
    ).startChild(child('dynamic', Bot, config));
    await (await system.supervise(simpleSupervisor('simple', template(Bot, [])))).startChild(config);
    await system.supervise(
      partitionSupervisor('partitions', { name: 'p', partitions: 1, child: child('part', Bot, config) })
    );
    await system.supervise(pool('pool', Bot, config, { min: 1, max: 2 }));
    const tasks = await system.supervise(taskSupervisor('tasks'));
    await tasks.startChild((_self, given: typeof config) => see(given), [config]);
    await system.task.await(await tasks.asyncNolink((_self, given: typeof config) => see(given), config));
    await system.task.await(system.task.async((_self, given: typeof config) => see(given), config));
    for await (const outcome of tasks.stream([config], (_self, given) => see(given))) see(outcome);
    const events = system.ref(EventManager, system.start(EventManager));
    await events.addHandler(Handler, config);
    await events.swapHandler(Handler, undefined, Handler, config);
    system.spawn(async (self) => {
      await self.supervise({ children: [child('own', Bot, config)] });
      self.start(Bot, config);
    });
    await new Promise(setImmediate);
    expect(seen.filter((given) => given === config).length).toBeGreaterThanOrEqual(12);
    expect([config, config.limits].some((part) => Object.isFrozen(part))).toBe(false);
    system.start(defineAgent({ casts: { use: (_self, given: typeof config) => see(given) } })).cast(
      'use', config,
    );
    expect(Object.isFrozen(config.limits), 'a message is a message').toBe(true);
  });
});
