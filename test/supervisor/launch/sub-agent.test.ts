import { describe, expect, it } from 'vitest';
import type { CallError} from '../../../src/index.js';
import { defineAgent } from '../../../src/index.js';
import type { SubAgent } from '../../../src/supervisor/public.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { ends, owner, stubborn, told, worker } from './help.js';

function world(options: object = {}) {
  const env = new VirtualEnv();
  const system = testSystem({ env, ...options });
  const notes: string[] = [];
  return { env, system, notes, Worker: worker(notes), ...owner(system) };
}

describe('P Sub-agents: cancel', () => {
  it('P Sub-agents: fires the signal of the handler, rejects the result, and resolves when it is gone', async () => {
    const { env, system, notes, Worker, self } = world();
    const one = self.launch(Worker, { op: 'hang' });
    await env.settle();
    const gone = one.cancel(new Error('enough'));
    expect(notes).toEqual(['signal enough']);
    expect(await ends(one)).toBe('enough');
    await gone;
    expect(system.alive(one.pid as string)).toBe(false);
  });

  it('P Sub-agents: is idempotent, and a no-op after completion', async () => {
    const { env, Worker, self } = world();
    const one = self.launch(Worker, { op: 'hang' });
    await env.settle();
    await Promise.all([one.cancel('first'), one.cancel('second')]);
    await one.cancel('third');
    expect(await ends(one)).toBe('first');
    const done = self.launch(Worker, { op: 'echo', payload: 'done' });
    expect(await done.result).toBe('done');
    await done.cancel('late');
    expect(await ends(done)).toBe('value done');
  });

  it('rejects with an AbortError without a reason', async () => {
    const { Worker, self } = world();
    const one = self.launch(Worker, { op: 'hang' });
    await one.cancel();
    await expect(one.result).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('waits for a child that takes its time, and kills it when that is too long', async () => {
    const { env, notes, self } = world();
    for (const [takesMs, shutdown, after] of [[20, 100, 20], [500, 100, 100], [500, 'brutal_kill', 0]] as const) {
      const one = self.launch(stubborn(notes, takesMs), { op: 'wait', shutdown });
      await env.settle();
      const began = env.now;
      let gone = -1;
      void one.cancel().then(() => { gone = env.now - began; });
      await env.advance(600);
      expect(gone).toBe(after);
    }
    expect(notes.filter((note) => note !== 'done')).toEqual(['terminate shutdown', 'terminate shutdown']);
  });

  it('cancels one whose init still runs', async () => {
    const { env, system, self } = world();
    for (const trapExit of [false, true]) {
      const Starting = defineAgent({
        name: 'starting', trapExit, async init() { await new Promise(() => undefined); }, calls: { go: () => 1 },
      });
      const one = self.launch(Starting, { op: 'go', shutdown: 50 });
      await env.settle();
      const gone = one.cancel('enough');
      expect(await ends(one)).toBe('enough');
      await env.advance(50);
      await gone;
      expect(system.alive(one.pid as string)).toBe(false);
    }
  });

  it('survives listeners that throw or cancel again', async () => {
    const { env, system, self } = world();
    const handles: Pick<SubAgent, 'cancel' | 'detach'>[] = [];
    const Hostile = defineAgent({
      name: 'hostile',
      calls: {
        async hang(own): Promise<void> {
          own.signal.addEventListener('abort', () => {
            void handles[0]?.cancel('again');
            handles[0]?.detach();
            throw new Error('hostile');
          });
          await new Promise(() => undefined);
        },
      },
    });
    const one = self.launch(Hostile, { op: 'hang' });
    handles.push(one);
    await env.settle();
    await one.cancel('once');
    expect(await ends(one)).toBe('once');
    expect(system.alive(one.pid as string)).toBe(false);
  });
});

describe('P Sub-agents: limits of a launch', () => {
  it('the time limit ends it with TIMEOUT', async () => {
    const { env, system, notes, Worker, self } = world();
    const one = self.launch(Worker, { op: 'hang', timeoutMs: 100 });
    const detached = self.launch(Worker, { op: 'hang', timeoutMs: 100 });
    detached.detach();
    await env.advance(99);
    expect(notes).toEqual([]);
    await env.advance(1);
    expect(await ends(one)).toBe('TIMEOUT');
    expect(notes.length, 'the detached one, too').toBe(2);
    expect(system.stats().processes).toBe(2);
    expect(env.pending.held).toBe(0);
  });

  it('the signal cancels it; a detached one works on', async () => {
    const { env, system, Worker, self } = world();
    const controller = new AbortController();
    const one = self.launch(Worker, { op: 'hang', signal: controller.signal });
    const detached = self.launch(Worker, { op: 'hang', signal: controller.signal });
    detached.detach();
    await env.settle();
    controller.abort(new Error('user left'));
    expect(await ends(one)).toBe('user left');
    await env.settle();
    expect([one, detached].map((sub) => system.alive(sub.pid as string))).toEqual([false, true]);
  });

  it('P Sub-agents: who gives up a call cancels what was launched for it, down the tree', async () => {
    const { env, system, notes, Worker } = world();
    const Middle = defineAgent({
      name: 'middle', calls: { work: (self) => self.launch(Worker, { op: 'hang' }).result },
    });
    const Lead = defineAgent({
      name: 'lead',
      calls: {
        work: (self) => self.launch(Middle, { op: 'work' }).result,
        ping: () => 'pong',
      },
    });
    const lead = system.start(Lead);
    const controller = new AbortController();
    const asked = lead.call('work', undefined, { signal: controller.signal, timeoutMs: 'infinity' });
    await env.settle();
    expect(system.stats().processes, 'lead, middle, worker, two supervisors, owner').toBe(6);
    controller.abort(new Error('user left'));
    expect(await told(asked)).toBe('user left');
    await env.settle();
    expect(notes).toEqual(['signal user left']);
    expect(system.stats().processes).toBe(3);
  });

  it('a child that calls the owner that waits for it is refused', async () => {
    const { system } = world();
    const Lead = defineAgent({
      name: 'lead',
      calls: {
        async work(self): Promise<string> {
          const Asker = defineAgent({
            name: 'asker', calls: { ask: (own) => own.call(system.ref(Lead, 'lead'), 'ping') },
          });
          return self.launch(Asker, { op: 'ask' }).result;
        },
        ping: () => 'pong',
      },
    });
    const lead = system.start(Lead, { name: 'lead' });
    const error = await lead.call('work').catch((failed: unknown) => failed) as CallError;
    expect(error.code).toBe('EXIT');
    expect(String(error)).toContain('would wait for itself');
  });
});

describe('P Sub-agents: detach', () => {
  it('P Sub-agents: the child works on to its reply, which nobody hears', async () => {
    const { env, system, Worker, self } = world();
    const one = self.launch(Worker, { op: 'later' });
    await env.settle();
    one.detach();
    one.detach();
    expect(await ends(one)).toBe('DETACHED');
    expect(await told(one.wait({ timeoutMs: 5 }))).toBe('DETACHED');
    await one.cancel('no more');
    expect(system.alive(one.pid as string)).toBe(true);
    one.ref.cast('answer', 'late');
    await env.settle();
    expect(system.alive(one.pid as string), 'it has replied').toBe(false);
  });

  it('its crash is no longer the owner’s', async () => {
    const { env, system, Worker, self, pid } = world();
    const one = self.launch(Worker, { op: 'crash' });
    one.detach();
    await env.settle();
    expect(await ends(one)).toBe('DETACHED');
    expect(system.alive(pid)).toBe(true);
  });

  it('using detaches at the end of the block; after the reply it does nothing', async () => {
    const { env, system, Worker, self } = world();
    let one: SubAgent<typeof Worker, string>;
    {
      using sub = self.launch(Worker, { op: 'later' });
      one = sub;
    }
    expect(system.alive(one.pid as string)).toBe(true);
    const done = self.launch(Worker, { op: 'echo', payload: 'x' });
    expect(await done.result).toBe('x');
    done[Symbol.dispose]();
    expect(await ends(done)).toBe('value x');
    one.ref.cast('answer', 'y');
    await env.settle();
  });
});

describe('P Sub-agents: wait', () => {
  it('ends with its own limit or signal, and the child works on', async () => {
    const { env, Worker, self } = world();
    const one = self.launch(Worker, { op: 'later' });
    const late = told(one.wait({ timeoutMs: 10 }));
    const controller = new AbortController();
    const aborted = told(one.wait({ signal: controller.signal, timeoutMs: 1_000 }));
    const patient = told(one.wait());
    await env.advance(10);
    controller.abort(new Error('no more'));
    expect([await late, await aborted]).toEqual(['TIMEOUT', 'no more']);
    one.ref.cast('answer', 'here');
    expect([await patient, await told(one.wait({ timeoutMs: 0 }))]).toEqual(['value here', 'value here']);
    expect(env.pending.held, 'no deadline is left').toBe(0);
  });

  it('refuses what breaks its rule as a rejection', async () => {
    const { Worker, self } = world();
    const one = self.launch(Worker, { op: 'later' });
    expect(await told(one.wait({ timeout: 5 } as never))).toBe('UNKNOWN_OPTION');
    expect(await told(one.wait({ timeoutMs: -1 }))).toBe('BAD_OPTION');
    expect(await told(one.wait({ signal: 5 as never }))).toBe('BAD_OPTION');
    expect(await told(one.wait(null as never))).toBe('BAD_OPTION');
    expect(await told(one.wait({ signal: AbortSignal.abort(new Error('over')) }))).toBe('over');
  });

  it('P8: a loop that awaits what is there already lets timers and I/O run', async () => {
    const system = testSystem();
    const one = system.launch(worker(), { op: 'echo', payload: 'x' });
    await one.result;
    await one.cancel();
    for (const verb of [() => one.result, () => one.wait(), () => one.cancel(), () => one.wait({ timeoutMs: 5 })]) {
      let turned = false;
      setImmediate(() => { turned = true; });
      let rounds = 0;
      while (!turned && rounds < 1_000_000) {
        await verb();
        rounds++;
      }
      expect(turned).toBe(true);
    }
    await settleTurn();
  });

  it('shows who it is', () => {
    const { Worker, self } = world();
    expect(String(self.launch(Worker, { op: 'later', name: 'reader' }))).toBe('SubAgent(reader)');
  });
});
