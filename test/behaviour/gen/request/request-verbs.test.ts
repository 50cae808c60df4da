import { describe, expect, it } from 'vitest';
import {
  type CallError, defineAgent, OptionError, type AgentRef, type ProcessSelf,
} from '../../../../src/index.js';
import { RequestAnswer, type RequestId, type Response } from '../../../../src/process/public.js';
import { testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';
import { idler, listener, settle } from '../../../process/peers.js';
import { Gate } from '../../help.js';

const gates = new Map<string, Gate<string>>();
const Server = defineAgent({
  name: 'Server',
  init: () => ({ handled: 0 }),
  calls: {
    say: (self, text: string) => { self.state.handled++; return text; },
    async gate(self, key: string) { self.state.handled++; return (gates.get(key) as Gate<string>).promise; },
    crash(): string { throw new Error('broken'); },
    no: (self) => self.refuse('NO'),
    handled: (self) => self.state.handled,
  },
});

function gate(key: string): Gate<string> {
  const made = new Gate<string>();
  gates.set(key, made);
  return made;
}
const error = (response: Response<unknown> | string): CallError => (response as { error: CallError }).error;

describe('RQ one request', () => {
  it('RQ-01 send neither waits nor throws: unknown names, wrong operations and full mailboxes are error responses', async () => {
    const system = testSystem();
    const { self } = await idler(system);
    const full = system.start(Server, { mailbox: { capacity: 1 } });
    full.cast('nothing' as never);
    full.send('first');
    const asked = [
      self.requests.send(
        system.ref(Server, 'nobody'), 'say', 'x',
      ), self.requests.send(system.start(Server), 'nonsense' as never), self.requests.send(full, 'say', 'x'),
    ];
    const codes = [];
    for (const request of asked) codes.push(error(await self.requests.wait<unknown>(request)).code);
    expect(codes).toEqual(['NOPROC', 'UNKNOWN_OPERATION', 'MAILBOX_FULL']);
    expect(() => self.requests.send('server' as never, 'say' as never)).toThrow(OptionError);
  });

  it('RQ-01 an agent that is asked may ask back meanwhile: a request that nobody waits for is no circle', async () => {
    const system = testSystem();
    const Asker = defineAgent({
      name: 'Asker', init: () => ({ request: undefined as RequestId<string> | undefined }),
      calls: { ping: () => 'pong', async ask(self): Promise<string> {
        const request = self.requests.send(system.ref(Back, 'back'), 'ask');
        await settle();
        self.state.request = request;
        return 'sent';
      }, async take(
        self,
      ): Promise<unknown> { return self.requests.wait(self.state.request as RequestId<string>); } },
    });
    const Back = defineAgent({
      name: 'Back',
      calls: { async ask(self): Promise<string> { return self.call(system.ref(Asker, 'asker'), 'ping'); } },
    });
    const asker = system.start(Asker, { name: 'asker' });
    system.start(Back, { name: 'back' });
    expect(await asker.call('ask')).toBe('sent');
    expect(await asker.call('take')).toEqual({ ok: true, value: 'pong' });
  });

  it('RQ-02 wait gives the reply, an error or timeout; after a timeout the request lives and can be waited for again', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { self } = await idler(system);
    const server = system.start(Server);
    const opened = gate('a');
    const request = self.requests.send(server, 'gate', 'a');
    const early = self.requests.wait(request, { timeoutMs: 100 });
    await env.advance(100);
    expect(await early).toBe('timeout');
    const again = self.requests.wait(request, { timeoutMs: 'infinity' });
    opened.open('done');
    expect(await again).toEqual({ ok: true, value: 'done' });
    const refused = self.requests.send(server, 'no');
    expect(error(await self.requests.wait(refused)).refusal).toBe('NO');
    const told = self.requests.wait(refused, { timeoutMs: 10 });
    await env.advance(10);
    expect(await told, 'a response is told once').toBe('timeout');
  });

  it('RQ-03 receive does the same, but its timeout abandons the request: the late reply is dropped and counted', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const a = await listener(system);
    const server = system.start(Server);
    const opened = gate('a');
    expect(await a.self.requests.receive(a.self.requests.send(server, 'say', 'hi')))
      .toEqual({ ok: true, value: 'hi' });
    const request = a.self.requests.send(server, 'gate', 'a');
    const late = a.self.requests.receive(request, { timeoutMs: 50 });
    await env.advance(50);
    expect(await late).toBe('timeout');
    opened.open('too late');
    await env.settle();
    expect(a.seen).toEqual([]);
    expect(system.stats().lateReplies).toBe(1);
    expect(await server.call('handled'), 'the server was not disturbed').toBe(2);
    const never = a.self.requests.wait(request, { timeoutMs: 10 });
    await env.advance(10);
    expect(await never).toBe('timeout');
  });

  it('RQ-04 check takes the response out of a message and leaves every other message alone', async () => {
    const system = testSystem();
    const checked: unknown[] = [];
    const Asker = defineAgent({
      name: 'Asker', init: () => ({ open: [] as RequestId<string>[] }),
      casts: { ask(
        self, text: string,
      ) { self.state.open.push(self.requests.send(system.ref(Server, 'server'), 'say', text)); } },
      info(self, message) {
        for (const request of self.state.open) checked.push(self.requests.check(message, request));
      },
    });
    system.start(Server, { name: 'server' });
    const asker = system.start(Asker);
    asker.cast('ask', 'one');
    await settle();
    asker.cast('ask', 'two');
    await settle();
    asker.send('something else');
    await settle();
    expect(checked).toEqual(
      [{ ok: true, value: 'one' }, 'no_reply', { ok: true, value: 'two' }, 'no_reply', 'no_reply'],
    );
  });

  it('RQ-04 a response that a verb takes is not delivered as a message as well', async () => {
    const system = testSystem();
    const a = await listener(system);
    const server = system.start(Server);
    const first = a.self.requests.send(server, 'say', 'taken');
    expect(await a.self.requests.wait(first)).toEqual({ ok: true, value: 'taken' });
    a.self.requests.send(server, 'say', 'delivered');
    await settle();
    expect(a.seen).toEqual([expect.any(RequestAnswer)]);
    expect(JSON.stringify(a.seen[0])).toBe('{"tag":"RESPONSE","op":"say","ok":true}');
  });

  it('RQ-05 the end of the server is an error response through all three', async () => {
    const system = testSystem();
    const a = await listener(system);
    const ask = (): RequestId<string> => a.self.requests.send(system.start(Server), 'crash');
    for (const response of [await a.self.requests.wait(ask()), await a.self.requests.receive(ask())]) {
      expect(error(response)).toMatchObject({ code: 'EXIT', reason: { message: 'broken' } });
    }
    const request = ask();
    await settle();
    expect(error(a.self.requests.check(a.seen[0], request))).toMatchObject({ code: 'EXIT' });
  });

  it('RQ-10 only the process that has sent it may take the response', async () => {
    const system = testSystem();
    const { self } = await idler(system);
    const other = await idler(system);
    const server = system.start(Server);
    const request = self.requests.send(server, 'say', 'mine');
    const collection = self.requests.collection<string>();
    collection.add(request, 'x');
    for (const asked of [
      other.self.requests.wait(request), other.self.requests.receive(request),
      other.self.requests.waitAny(collection),
    ]) {
      expect(await asked.catch((failure: OptionError) => failure.code)).toBe('NOT_OWNER');
    }
    expect(() => other.self.requests.check('x', request)).toThrow('only that process may take its response');
    expect(await self.requests.wait(request)).toEqual({ ok: true, value: 'mine' });
    const open = self.requests.wait(self.requests.send(server, 'handled'), { timeoutMs: 'infinity' });
    expect(await open).toEqual({ ok: true, value: 1 });
  });

  it('a process that ends takes its requests and its waits with it', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { self, ref } = await idler(system);
    gate('a');
    const server = system.start(Server);
    const request = self.requests.send(server, 'gate', 'a');
    void self.requests.wait(request, { timeoutMs: 60_000 });
    await env.settle();
    system.exit(ref, 'kill');
    expect(env.pending.held).toBe(0);
    expect(await self.requests.wait(request).catch((failure: { code: string }) => failure.code)).toBe('ZOMBIE');
    gates.get('a')?.open('late');
  });

  it('RQ-08 a timeout is relative, infinite or absolute, and nonsense is refused', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { self } = await idler(system);
    const opened = gate('a');
    const request = self.requests.send(system.start(Server), 'gate', 'a');
    const absolute = self.requests.wait(request, { atMs: system.monotonic() + 30 });
    let over = false;
    void absolute.then(() => { over = true; });
    await env.advance(29);
    expect(over).toBe(false);
    await env.advance(1);
    expect(await absolute).toBe('timeout');
    const past = self.requests.wait(request, { atMs: 0 });
    await env.advance(1);
    expect(await past).toBe('timeout');
    for (const options of [
      { timeoutMs: -1 }, { timeoutMs: 1.5 }, { atMs: Number.NaN }, { atMs: 1e300 },
      { atMs: 1n }, { atMs: Symbol('at') }, { timeoutMs: 1, atMs: 1 }, { timeout: 1 },
    ]) {
      expect(
        await self.requests.wait(request, options as never).catch((failure: unknown) => failure),
      ).toBeInstanceOf(
        OptionError,
      );
    }
    opened.open('now');
    expect(await self.requests.wait(request, { timeoutMs: 'infinity' })).toEqual({ ok: true, value: 'now' });
  });
});

describe('RQ collections', () => {
  async function asking(
    env?: VirtualEnv,
  ): Promise<{
    readonly self: ProcessSelf; readonly server: () => AgentRef<typeof Server>;
    readonly seen: unknown[];
  }> {
    const system = testSystem(env === undefined ? {} : { env });
    const a = await listener(system);
    return { self: a.self, server: () => system.start(Server), seen: a.seen };
  }

  it('RQ-06 new, size, add, toList; a request twice is refused; an empty one says no_request at once', async () => {
    const { self, server } = await asking();
    const collection = self.requests.collection<number>();
    expect([
      await self.requests.waitAny(collection), await self.requests.receiveAny(collection),
      self.requests.checkAny('x', collection),
    ]).toEqual(['no_request', 'no_request', 'no_request']);
    const requests = [1, 2].map((n) => self.requests.send(server(), 'say', String(n)));
    requests.forEach((request, i) => collection.add(request, i));
    expect(collection.size).toBe(2);
    expect(collection.toList()).toEqual([[requests[0], 0], [requests[1], 1]]);
    expect(() => collection.add(requests[0] as never, 7)).toThrow('a request that is not in it yet');
    expect(() => collection.add({} as never, 7)).toThrow(OptionError);
    expect(collection.size).toBe(2);
  });

  it('RQ-07 a response comes with its label; it leaves the collection, or stays and never answers again', async () => {
    const env = new VirtualEnv();
    const { self, server } = await asking(env);
    const [one, two] = [gate('one'), gate('two')];
    const collection = self.requests.collection<string>();
    for (const key of ['one', 'two']) collection.add(self.requests.send(server(), 'gate', key), key);
    two.open('2');
    expect(await self.requests.waitAny(collection))
      .toEqual({ response: { ok: true, value: '2' }, label: 'two' });
    expect(collection.size).toBe(1);
    one.open('1');
    expect(await self.requests.waitAny(collection, { delete: false })).toEqual(
      { response: { ok: true, value: '1' }, label: 'one' },
    );
    expect(collection.size).toBe(1);
    const exhausted = self.requests.waitAny(collection, { delete: false, timeoutMs: 40 });
    await env.advance(40);
    expect(await exhausted).toBe('timeout');
  });

  it('RQ-07 checkAny finds whose response a message is', async () => {
    const { self, server, seen } = await asking();
    const collection = self.requests.collection<string>();
    for (const text of ['a', 'b']) collection.add(self.requests.send(server(), 'say', text), text);
    await settle();
    const found = seen.map((message) => self.requests.checkAny(message, collection));
    expect(found).toEqual(['a', 'b'].map((text) => ({ response: { ok: true, value: text }, label: text })));
    expect(collection.size).toBe(0);
    collection.add(self.requests.send(server(), 'say', 'c'), 'c');
    expect(self.requests.checkAny('foreign', collection)).toBe('no_reply');
  });

  it('RQ-09 receiveAny that times out abandons all its requests, waitAny none', async () => {
    const env = new VirtualEnv();
    const { self, server, seen } = await asking(env);
    const doors = ['a', 'b'].map(gate);
    const collection = self.requests.collection<string>();
    for (const key of ['a', 'b']) collection.add(self.requests.send(server(), 'gate', key), key);
    const waited = self.requests.waitAny(collection, { timeoutMs: 10 });
    await env.advance(10);
    expect(await waited).toBe('timeout');
    const received = self.requests.receiveAny(collection, { timeoutMs: 10 });
    await env.advance(10);
    expect(await received).toBe('timeout');
    for (const door of doors) door.open('late');
    await env.settle();
    expect(seen).toEqual([]);
  });
});
