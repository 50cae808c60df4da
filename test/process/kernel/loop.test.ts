import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accepted, handled, inHand, kept, SignalAccount, signalSent, taken, type Columns,
} from '../../../src/mailbox/account.js';
import { EXIT, INFO, UNBOUNDED } from '../../../src/mailbox/message/op.js';
import { Mailbox } from '../../../src/mailbox/mailbox.js';
import { accept, pushSignal } from '../../../src/process/send/accept.js';
import { COUNTED, KEPT, Phase, type Behaviour } from '../../../src/process/record/process.js';
import { KernelImpl } from '../../../src/process/kernel/kernel.js';
import { spawnProcess } from '../../../src/process/kernel/spawn.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

/** A process on a bare kernel, whose behaviour does what `handle` does. */
function lone(handle: Behaviour['handle'], development = false) {
  const ports = {
    deadLetter: (): void => undefined, report: (): void => undefined, warn: (): void => undefined,
  };
  const kernel = new KernelImpl({
    env: new VirtualEnv(), prefix: 'lone.x.', processesMax: 10, frozen: false, development, memory: null, ports,
    reporting: false, details: false,
  });
  const behaviour: Behaviour = {
    name: 'lone', sys: null, handle, settled: () => undefined,
    failed: (p, error) => { p.kernel.end(p, error); },
    begin: () => undefined,
  };
  const p = spawnProcess(kernel, behaviour, null, false);
  p.phase = Phase.Alive;
  return { kernel, p };
}

type Way = 'done' | 'async' | 'kept' | 'counted' | 'signal';

describe('the loop', () => {
  it('P3 counts what it inlines as the functions of the account do, before and after every handler', async () => {
    const ways = fc.array(fc.constantFrom<Way>('done', 'async', 'kept', 'counted', 'signal'), {
      maxLength: 100, size: 'max',
    });
    await fc.assert(fc.asyncProperty(ways, async (sends) => {
      const model = new Mailbox(UNBOUNDED);
      const signals = new SignalAccount();
      const seen: unknown[] = [];
      const expected: unknown[] = [];
      const { kernel, p } = lone((_p, op, payload) => {
        const way = payload as Way;
        taken(model, signals, op);
        compare();
        if (way === 'async') return Promise.resolve();
        if (way === 'kept') {
          kept(model, signals, op);
          return KEPT;
        }
        if (!op.signal) handled(model);
        if (way !== 'counted') return undefined;
        handled(p.mailbox);
        return COUNTED;
      });
      const compare = (): void => {
        seen.push([p.mailbox.sent, p.mailbox.size, p.mailbox.handled, { ...kernel.signals }]);
        expected.push([model.sent, model.size, model.handled, { ...signals }]);
      };
      p.behaviour.settled = () => { handled(model); };
      for (const way of sends) {
        if (way === 'signal') {
          signalSent(signals);
          pushSignal(p, EXIT, way, null);
        } else {
          accepted(model);
          accept(p, INFO, way, null);
        }
      }
      for (let n = 0; n <= sends.length; n++) await turn();
      compare();
      expect(seen.length).toBe(sends.length + 1);
      expect(seen).toEqual(expected);
      expect(inHand(p.mailbox)).toBe(0);
    }), { numRuns: 50 });
  });

  it('P3 in development a process ends whose account does not balance after its turn, and says what is wrong', async () => {
    const { p } = lone(({ mailbox }, _op, payload) => {
      const columns: Columns = mailbox;
      if (payload === 'wrong') columns.handled++;
      return undefined;
    }, true);
    accept(p, INFO, 'right', null);
    await turn();
    expect([p.phase, p.mailbox.handled]).toEqual([Phase.Alive, 1]);
    accept(p, INFO, 'wrong', null);
    await turn();
    expect(p.phase).toBe(Phase.Dead);
    expect(p.reason).toMatchObject({
      code: 'INTERNAL', message: expect.stringContaining('does not balance: -1 in hand, expected 0') as string,
    });
  });

  it('in production nobody looks: the process goes on', async () => {
    const { p } = lone(({ mailbox }) => { (mailbox as Columns).handled++; });
    accept(p, INFO, 'wrong', null);
    await turn();
    expect([p.phase, p.mailbox.handled]).toEqual([Phase.Alive, 2]);
  });
});
