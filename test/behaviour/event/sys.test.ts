import { describe, expect, it } from 'vitest';
import {
  defineEventHandler, EventManager, type HandlerState,
} from '../../../src/behaviour/event/public.js';
import type { AgentRefImpl } from '../../../src/behaviour/gen/ref.js';
import { testSystem } from '../../support/system.js';
import { Gate } from '../help.js';

const Cell = defineEventHandler({
  name: 'cell',
  init: (n: number) => ({ n }),
  calls: { n: (self) => self.state.n },
  codeChange: (self, from, extra) => ({ n: self.state.n + (extra as number), from }),
  formatStatus: () => 'hidden',
});

async function cells() {
  const system = testSystem();
  const events = system.ref(EventManager, system.start(EventManager));
  await events.addHandler(Cell.as(1), 10);
  await events.addHandler(Cell.as(2), 20);
  return { system, events, sys: system.sys(events.ref) };
}

describe('event managers and sys', () => {
  it('GE-13 getState lists every handler with its id and state', async () => {
    const { sys } = await cells();
    expect(await sys.getState()).toEqual(
      [{ handler: Cell, id: 2, state: { n: 20 } }, { handler: Cell, id: 1, state: { n: 10 } }],
    );
    expect((await sys.getStatus()).state).toEqual(
      [{ handler: Cell, id: 2, state: 'hidden' }, { handler: Cell, id: 1, state: 'hidden' }],
    );
  });

  it('GE-13 replaceState maps each handler; one for which it fails keeps its state', async () => {
    const { events, sys } = await cells();
    await sys.replaceState((given) => {
      const row = given as unknown as HandlerState;
      if (row.id === 1) throw new Error('not this one');
      return { ...row, state: { n: 99 } };
    });
    expect([await events.call(Cell.as(2), 'n'), await events.call(Cell.as(1), 'n')]).toEqual([99, 10]);
  });

  it('code change is asked of every handler while the manager is suspended', async () => {
    const { events, sys } = await cells();
    await sys.suspend();
    await sys.codeChange({ from: 'v1', extra: 5 });
    await sys.resume();
    expect(await events.call(Cell.as(2), 'n')).toBe(25);
  });

  it('GE-11 one handler that asks to hibernate hibernates the whole manager', async () => {
    const { events } = await cells();
    const Sleepy = defineEventHandler({ event(self) { self.hibernate(); } });
    const mailbox = () => (events.ref as never as AgentRefImpl).addr.owner?.mailbox;
    await events.syncNotify('awake');
    expect(mailbox()?.head).not.toBeNull();
    await events.addHandler(Sleepy);
    await events.syncNotify('sleep');
    expect(mailbox()?.head, 'the storage of its mailbox is given back').toBeNull();
    expect(await events.call(Cell.as(1), 'n'), 'and it wakes for the next message').toBe(10);
  });

  it('GE-14 requests to several handlers may be open at once, each is answered by its own', async () => {
    const system = testSystem();
    const events = system.ref(EventManager, system.start(EventManager));
    const gate = new Gate();
    const Slow = defineEventHandler({ calls: { async ask() { await gate.promise; return 'slow'; } } });
    await events.addHandler(Slow);
    await events.addHandler(Cell.as('x'), 7);
    const open = new Map<string, Promise<unknown>>([
      ['slow', events.call(Slow, 'ask')], ['cell', events.call(Cell.as('x'), 'n')],
      ['none', events.call(Cell, 'n').catch((error: { refusal?: string }) => error.refusal)],
    ]);
    gate.open();
    expect(await Promise.all(open.values())).toEqual(['slow', 7, 'bad_module']);
  });
});
