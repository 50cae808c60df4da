import { describe, expect, it } from 'vitest';
import { defineAgent, type ProcessSelf, type System } from '../../../../src/index.js';
import { RequestAnswer } from '../../../../src/process/public.js';
import { settle } from '../../../process/peers.js';
import { testSystem } from '../../../support/system.js';
import { Gate } from '../../help.js';

function server() {
  const gate = new Gate<unknown>();
  const Server = defineAgent({
    calls: {
      later: () => gate.promise,
      echo: (_self, value: unknown) => value,
      crash() { throw new Error('boom'); },
    },
  });
  return { Server, gate };
}

/** Runs `work` in a plain process, and hands out what it returns. */
function inside<T>(system: System, work: (self: ProcessSelf) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    system.spawn((self) => work(self).then(resolve, reject));
  });
}

const isAnswer = (message: unknown): message is RequestAnswer => message instanceof RequestAnswer;

describe('the response to a request as a message', () => {
  it('says in JSON and as text whose it is and how it went, not what it holds', async () => {
    const system = testSystem();
    const ref = system.start(server().Server);
    const [ok, failed] = await inside(system, async (self) => {
      self.requests.send(ref, 'echo', { secret: 1 });
      const first = await self.receive<RequestAnswer>(isAnswer);
      self.requests.send(ref, 'crash');
      return [first, await self.receive<RequestAnswer>(isAnswer)];
    });
    expect(JSON.parse(JSON.stringify(ok))).toEqual({ tag: 'RESPONSE', op: 'echo', ok: true });
    expect(String(ok)).toBe('RequestAnswer(echo: ok)');
    expect(JSON.parse(JSON.stringify(failed))).toEqual({ tag: 'RESPONSE', op: 'crash', ok: false });
    expect(String(failed)).toMatch(/^RequestAnswer\(crash: .*boom/);
  });

  it('answers its own request only, and only once', async () => {
    const system = testSystem();
    const ref = system.start(server().Server);
    const told = await inside(system, async (self) => {
      const one = self.requests.send(ref, 'echo', 'one');
      const message = await self.receive(isAnswer);
      const other = self.requests.send(ref, 'echo', 'other');
      const second = await self.receive(isAnswer);
      return [
        self.requests.check(message, other), self.requests.check('message', one),
        self.requests.check(message, one),
        self.requests.check(message, one), self.requests.check(second, other),
      ];
    });
    expect(told).toEqual([
      'no_reply', 'no_reply', { ok: true, value: 'one' }, 'no_reply', { ok: true, value: 'other' },
    ]);
  });

  it('that a verb waits for does not come as a message as well', async () => {
    const system = testSystem();
    const { Server, gate } = server();
    const ref = system.start(Server);
    const told = await inside(system, async (self) => {
      const request = self.requests.send(ref, 'later');
      const waits = self.requests.wait(request, { timeoutMs: 'infinity' });
      gate.open('value');
      const response = await waits;
      await settle();
      return [response, system.inspect(self.pid)?.mailbox.size];
    });
    expect(told).toEqual([{ ok: true, value: 'value' }, 0]);
  });

  it('RQ-03 of one that was abandoned comes to nobody, also when it is there already', async () => {
    const system = testSystem();
    const { Server, gate } = server();
    const ref = system.start(Server);
    const told = await inside(system, async (self) => {
      const request = self.requests.send(ref, 'later');
      const first = await self.requests.receive(request, { timeoutMs: 0 });
      gate.open('late');
      await settle();
      return [first, system.inspect(self.pid)?.mailbox.size];
    });
    expect(told).toEqual(['timeout', 0]);
    expect(system.stats().lateReplies).toBe(1);
  });

  it('of a process that has ended meanwhile goes nowhere', async () => {
    const system = testSystem();
    const { Server, gate } = server();
    const ref = system.start(Server);
    const asker = system.spawn(async (self) => {
      self.requests.send(ref, 'later');
      await self.receive();
    });
    await settle();
    system.exit(asker, 'kill');
    gate.open('late');
    await settle();
    expect(system.stats()).toMatchObject({ crashes: 1, processes: 1 });
    expect(system.deadLetters.total).toBe(0);
  });
});
