import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  child, defineAgent, on, OptionError, type System, type SystemOptions,
} from '../../src/index.js';
import { defineApplication } from '../../src/supervisor/application/public.js';
import { defineEventHandler, EventManager } from '../../src/behaviour/event/public.js';
import { type Logger, formatReport } from '../../src/observe/public.js';
import { defineStatem } from '../../src/behaviour/statem/public.js';
import { Recorder, settleTurn, testSystem } from '../support/system.js';

const CANARY = 'hunter2';

/** What an HTTP client throws: everything it knows hangs on the error. */
function httpError(): Error {
  const inner = Object.assign(new Error('socket hang up'), {
    code: 'ECONNRESET', request: { authorization: CANARY },
  });
  return Object.assign(new Error('503', { cause: inner }), {
    code: 'ERR_BAD_RESPONSE', config: { headers: { authorization: `Bearer ${CANARY}` } },
    response: { body: CANARY },
  });
}

const secret = { password: CANARY };

/** The verbs of a ref, whatever its definition is. */
interface Loose {
  readonly pid: string;
  cast(op: string, payload?: unknown): void;
  send(message: unknown): void;
  call(op: string, payload?: unknown): Promise<unknown>;
  tryCall(op: string, payload?: unknown): Promise<unknown>;
}

const Vault = defineAgent({
  name: 'vault',
  init: (_how?: unknown) => ({ secret: CANARY }),
  calls: {
    throws: (_self, how: () => unknown): string => { throw how(); },
    refuses: (self): string => self.refuse('NO', secret) as never,
    checked: on(z.object(
      { pin: z.string().refine((pin) => pin === 'right', {
        error: (issue) => `wrong pin ${String(issue.input)}`,
      }) },
    ), () => 'ok'),
  },
  casts: {
    asks: async (_self, other: Loose) => { await other.call('refuses'); },
    slow: () => new Promise<void>(() => undefined),
    options: (_self, other: Loose) => (other as unknown as {
      deliver(op: string, payload: unknown, options: object): unknown
    }).deliver('checked', { pin: 'right' }, { key: { secret: CANARY } }) as Promise<void>,
    wrongOption: () => { throw new OptionError('token', CANARY, 'a token'); },
    returns: (self) => self.refuse('NO', secret) as never,
    checks: async (_self, other: Loose) => { await other.call('checked', { pin: CANARY }); },
  },
});

const Machine = defineStatem({
  name: 'machine',
  init: () => ({ state: 'open', data: secret }),
  states: { open: { casts: {
    boom: (_self, _payload: unknown) => { throw httpError(); },
    odd: (_self, _payload: unknown) => secret as never,
  } } },
});

/** Every path that ends in the log, with the secret wherever a user may put one. */
async function everything(system: System): Promise<void> {
  const start = (): Loose => system.start(Vault, secret, {}) as never;
  for (const how of [httpError, () => new AggregateError([httpError()], 'all failed'), () =>
    ({ ...secret }), () => [
      CANARY,
    ], () => Object.freeze(httpError()), () => new Error('x', { cause: secret })]) {
    await start().tryCall('throws', how);
  }
  start().cast('asks', start());
  start().cast('options', start());
  start().cast('wrongOption');
  start().cast('returns');
  start().cast('checks', start());
  start().send(secret);
  start().cast('nope', secret);
  system.send('nobody', secret);
  for (const op of ['boom', 'odd']) (system.start(Machine) as never as Loose).cast(op, secret);
  system.task.async((_self, given: unknown) => { void given; throw httpError(); }, secret);
  const busy = system.start(Vault, secret, {});
  busy.cast('slow' as never);
  for (const pin of ['a', 'b']) {
    system.spawn(async (self) => {
      await self.deliver(busy, 'throws', () => pin, { guarantee: 'exactly-once', key: CANARY, order: CANARY });
    });
  }
  const failing = defineAgent({ name: 'failing', init: (): object => { throw httpError(); } });
  await system.supervise({ children: [child('f', failing)] }).catch(() => undefined);
  const sup = await system.supervise(
    { name: 'top', intensity: 0, children: [child('v', Vault, secret, {})] }, { onGiveUp: 'ignore' },
  );
  system.send('top', secret);
  (system.ref(Vault, 'v') as never as Loose).cast('wrongOption');
  await sup.down;
  const events = system.ref(EventManager, system.start(EventManager));
  await events.addHandler(
    defineEventHandler({ name: 'handler', init: () => secret, event: () => { throw httpError(); } }),
  );
  events.notify(secret);
  system.breaker('api', { isFailure: () => { throw httpError(); } }).run(() => { throw httpError(); }).catch(
    () => undefined,
  );
  system.breaker('api').watch(() => { throw httpError(); });
  system.breaker('api').open();
  system.limit('api', { concurrency: 1 })
    .run(() => { throw Object.assign(httpError(), { retryAfterMs: 1e12 }); }).catch(
      () => undefined,
    );
  await system.applications.start(
    defineApplication({ name: 'app', start: () => secret as never }) as never,
  ).catch(
    () => undefined,
  );
  for (let turn = 0; turn < 5; turn++) await settleTurn();
}

async function written(options: SystemOptions = {}): Promise<string> {
  const lines: string[] = [];
  const write = (fields: object, text: string): void => {
    lines.push(`${text} ${JSON.stringify(fields, (_key, value: unknown) =>
      (value instanceof Error ? { ...value, message: value.message, stack: value.stack } : value))}`);
    lines.push(formatReport(fields), formatReport(fields, { singleLine: true }));
  };
  const logger: Logger = { error: write, warn: write, info: write, debug: write };
  const system = testSystem({ logger, strays: 'report', ...options });
  await everything(system);
  await system.stop({ timeoutMs: 20 });
  return lines.join('\n');
}

describe('SECURITY.md: secrets stay out of the log', () => {
  test('P37 wherever a user puts one: payloads, state, properties and causes of errors, details, keys, options, messages of ours', async () => {
    const text = await written();
    expect(text.length).toBeGreaterThan(10_000);
    const found = text.split('\n').filter((line) => line.includes(CANARY));
    expect(found).toEqual([]);
    for (const label of [
      'process crashed', 'state machine terminated', 'task terminated', 'event handler crashed',
      'child terminated', 'supervisor gives up', 'child failed to start',
    ]) expect(text).toContain(label);
  });

  test('dangerouslyLogDetails shows them, and says so at the start', async () => {
    const text = await written({ dangerouslyLogDetails: true });
    expect(text).toMatch(/^dangerouslyLogDetails: logs may contain secrets/);
    expect(text).toContain(`Bearer ${CANARY}`);
    expect(text).toContain("data: { password: 'hunter2' }");
  });

  test('of an error the log has class, message, stack, code, causes and the errors of an AggregateError, whatever the error is', async () => {
    class HttpError extends Error {}
    const odd = Object.defineProperties(
      new Error('odd'),
      { stack: {
        get: () => { throw new Error('no stack'); },
      }, code: { get: () => { throw new Error('no code'); } } },
    );
    const cyclic = new Error('cyclic');
    cyclic.cause = cyclic;
    const cases: [unknown, object][] = [
      [
        new HttpError('503'),
        { name: 'HttpError', message: '503', stack: expect.stringContaining('secrets.test') },
      ],
      [
        httpError(),
        { message: '503', code: 'ERR_BAD_RESPONSE', cause: { message: 'socket hang up', code: 'ECONNRESET' } },
      ],
      [
        Object.freeze(new TypeError('frozen')),
        { name: 'TypeError', message: 'frozen', stack: expect.stringContaining('secrets.test') },
      ],
      [
        Object.seal(new RangeError('sealed')),
        { name: 'RangeError', stack: expect.stringContaining('secrets.test') },
      ],
      [odd, { message: 'odd', stack: 'Error: odd' }],
      [Object.assign(new Error('none'), { stack: undefined }), { stack: 'Error: none' }],
      [cyclic, { message: 'cyclic' }],
      [new DOMException('late', 'TimeoutError'), { name: 'TimeoutError', message: 'late' }],
      [
        new AggregateError([new Error('one'), 'two'], 'all'),
        { name: 'AggregateError', message: 'all', errors: [{ message: 'one' }] },
      ],
    ];
    const logger = new Recorder();
    const system = testSystem({ logger });
    for (const [error, expected] of cases) {
      logger.lines.length = 0;
      system.spawn(() => { throw error; });
      await settleTurn();
      const err = logger.lines[0]?.fields['err'] as Error;
      expect(err).toBeInstanceOf(Error);
      expect({ ...err, message: err.message, stack: err.stack }).toMatchObject(expected);
      expect(formatReport(logger.lines[0]?.fields as object)).toContain(err.stack?.split('\n')[0]);
    }
  });

  test('an error of another realm is an error', async () => {
    const { runInNewContext } = await import('node:vm');
    const foreign: unknown = runInNewContext('new TypeError("foreign")');
    const logger = new Recorder();
    const system = testSystem({ logger });
    const p = system.spawn(() => { throw foreign; });
    expect((await system.monitor(p).down).reason).toBe(foreign);
    expect(logger.lines[0]?.fields).toMatchObject(
      { reason: 'TypeError: foreign', err: { name: 'TypeError', message: 'foreign' } },
    );
  });
});
