import { describe, expect, test } from 'vitest';
import { child, defineAgent, type SupervisorSpec } from '../../../src/index.js';
import type { Logger } from '../../../src/observe/public.js';
import { testSystem } from '../../support/system.js';
import { boom, family } from '../family.js';
import { settled } from '../wait.js';

interface Line { readonly level: string; readonly text: string; readonly fields: Record<string, unknown> }

async function recorded(
  spec: Omit<SupervisorSpec, 'children'>,
  members: (worker: ReturnType<typeof family>['worker']) => SupervisorSpec['children'],
) {
  await settled(); // an earlier system of the same test has had its last turn
  const lines: Line[] = [];
  const at = (level: string) =>
    (fields: object, text: string): void => void lines.push({ level, text, fields: fields as Line['fields'] });
  const logger: Logger = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
  const system = testSystem({ logger });
  const members_ = family();
  const sup = await system.supervise({ name: 'top', ...spec, children: members(members_.worker) });
  return {
    system, sup, ...members_,
    told: (): Line[] => lines.splice(0).filter((line) => line.text !== 'process crashed'),
  };
}

describe('supervisor reports', () => {
  test('LG-01 child_terminated: supervisor, context, reason and the whole offender, before it is restarted', async () => {
    const { system, ref, told } =
      await recorded({}, (worker) => [worker('a', { restart: 'transient', shutdown: 100, name: 'a' })]);
    told();
    const pid = system.whereis('a');
    ref(system, 'a').cast('crash', boom);
    await settled();
    const [first, second] = told();
    expect(first).toMatchObject({
      level: 'info', text: 'child terminated',
      fields: {
        supervisor: 'top', context: 'child_terminated', reason: 'Error: boom',
        err: { name: 'Error', message: 'boom' },
        offender: {
          pid, id: 'a', start: 'worker', restart: 'transient', significant: false, shutdown: 100,
          type: 'worker',
        },
      },
    });
    expect(second).toMatchObject({
      level: 'info', text: 'child started',
      fields: { supervisor: 'top', started: { id: 'a', pid: system.whereis('a') } },
    });
    expect(system.whereis('a')).not.toBe(pid);
  });

  test('LG-01 start_error at the start and at each failed restart; shutdown when the intensity is reached', async () => {
    const { system, ref, fail, told, sup } = await recorded({ intensity: 2 }, (worker) => [worker('a')]);
    told();
    fail('a', 99);
    ref(system, 'a').cast('crash', boom);
    await sup.down;
    expect(told().map((line) => [line.level, line.fields['context'], line.fields['reason']])).toEqual([
      ['info', 'child_terminated', 'Error: boom'],
      ['error', 'start_error', 'Error: no a'],
      ['error', 'start_error', 'Error: no a'],
      ['error', 'shutdown', 'reached_max_restart_intensity'],
    ]);
    const failing =
      recorded({}, (worker) => [
        worker('ok'), child('bad', defineAgent({ name: 'bad', init: () => { throw boom; } })),
      ]);
    await expect(failing).rejects.toThrow();
  });

  test('LG-01 SU-35 shutdown_error: who does not end as asked is told, permanent and normal counts, transient and normal does not', async () => {
    const Quit =
      defineAgent({
        trapExit: true, init: (reason: unknown) => reason,
        terminate(self) { self.exit(self.state); },
      });
    const { sup, told } = await recorded({}, () => [
      child(
        'pn', Quit, 'normal',
      ), child('ps', Quit, { shutdown: 1 }), child('po', Quit, 'odd'), child('p', Quit, 'shutdown'),
      child('tn', Quit, 'normal', { restart: 'transient' }), child(
        'ts', Quit, { shutdown: 1 }, { restart: 'transient' },
      ), child('to', Quit, 'odd', { restart: 'transient' }),
    ]);
    told();
    await sup.stop();
    expect(told().filter((line) => line.fields['context'] === 'shutdown_error').map(
      (line) => [(line.fields['offender'] as { id: string }).id, line.fields['reason']],
    )).toEqual([
      ['to', 'odd'], ['po', 'odd'], ['ps', '{ shutdown: 1 }'], ['pn', 'normal'],
    ]);
  });

  test('SU-35 SU-34 a child that has died before its turn in the shutdown is tolerated and told, and its Exit is not acted on', async () => {
    const { system, sup, ref, told, take } =
      await recorded(
        { strategy: 'one_for_all', intensity: 1 },
        (worker) => [worker('a'), worker('b'), worker('c')],
      );
    told();
    take();
    ref(system, 'a').cast('crash', boom);
    ref(system, 'c').cast('crash', boom);
    await settled();
    expect(take()).toEqual(['-a boom', '-c boom', '-b shutdown', '+a', '+b', '+c']);
    expect(
      told().filter((line) => line.text !== 'child started').map((line) => line.fields['context']),
    ).toEqual(
      ['child_terminated', 'shutdown_error'],
    );
    expect(await sup.countChildren()).toMatchObject({ active: 3 });
  });

  test('LG-02 a permanent child: every end is told, also normal; transient and temporary: only abnormal ones', async () => {
    const { system, ref, told } = await recorded({ intensity: 10 }, (worker) =>
      [worker('p'), worker('t', { restart: 'transient' }), worker('x', { restart: 'temporary' })]);
    told();
    for (const id of ['p', 't', 'x']) ref(system, id).cast('end', 'normal');
    await settled();
    expect(told().filter((line) => line.text === 'child terminated').map(
      (line) => [line.fields['reason'], (line.fields['offender'] as { id: string }).id],
    )).toEqual([['normal', 'p']]);
    const { system: other, ref: refs, told: tells } = await recorded({ intensity: 10 }, (worker) =>
      [worker('p'), worker('t', { restart: 'transient' }), worker('x', { restart: 'temporary' })]);
    for (const id of ['p', 't', 'x']) refs(other, id).cast('end', 'odd');
    await settled();
    expect(tells().filter((line) => line.text === 'child terminated').map(
      (line) => (line.fields['offender'] as { id: string }).id,
    )).toEqual(['p', 't', 'x']);
  });

  test('LG-03 progress: info at the start and at restarts, debug for what is started on request, none for what ignores', async () => {
    const Ignoring = defineAgent({ init() { return this.ignore(); } });
    const { system, sup, worker, ref, told } =
      await recorded({}, (make) => [make('a'), child('i', Ignoring), make('b')]);
    const progress = (): [string, unknown][] => told().filter((line) => line.text === 'child started').map(
      (line) => [line.level, (line.fields['started'] as { id: string }).id],
    );
    expect(progress()).toEqual([['info', 'a'], ['info', 'b']]);
    await sup.startChild(worker('c'));
    await sup.terminateChild('c');
    await sup.restartChild('c');
    expect(progress()).toEqual([['debug', 'c'], ['debug', 'c']]);
    ref(system, 'c').cast('crash', boom);
    await settled();
    expect(progress()).toEqual([['info', 'c']]);
  });

  test('SU-38 an unknown message is logged and ignored', async () => {
    const { system, sup, told } = await recorded({}, () => []);
    system.send('top', { any: 'thing' });
    await settled();
    expect(told()).toMatchObject([{
      level: 'warn', text: 'a supervisor received an unexpected message',
      fields: { supervisor: 'top', message: '{ any }' },
    }]);
    expect(await sup.countChildren()).toMatchObject({ specs: 0 });
  });
});
