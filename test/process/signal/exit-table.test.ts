import { describe, expect, it } from 'vitest';
import { Exit, type ProcessSelf } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { idler, listener, settle } from '../peers.js';

/*
 * The exit-signal truth table (C2 of the conformance list): receiver trapping or not × reason × way
 * of arrival. What happens is one of: nothing, the receiver dies with a reason, or it gets an Exit
 * message.
 */
const REASONS: Record<string, unknown> = {
  normal: 'normal', shutdown: 'shutdown', '{shutdown,x}': { shutdown: 'x' },
  other: { some: ['other'] }, kill: 'kill',
};
const ARRIVALS = ['link exit', 'exit/2 from another', 'exit/2 to self', 'raised exit'] as const;
type Arrival = (typeof ARRIVALS)[number];
type Outcome = { readonly dies: unknown } | { readonly message: unknown } | 'nothing';

/** What Erlang does, EX-06 to EX-14. A raised exit ends the process that raises it, whether it traps or not. */
function expected(trap: boolean, name: string, arrival: Arrival): Outcome {
  const reason = REASONS[name];
  if (arrival === 'raised exit') return { dies: reason };
  if (name === 'kill' && arrival !== 'link exit') return { dies: 'killed' };
  if (trap) return { message: reason };
  if (name === 'normal' && arrival !== 'exit/2 to self') return 'nothing';
  return { dies: reason };
}

const cells = [false, true].flatMap(
  (trap) => Object.keys(REASONS).flatMap((reason) => ARRIVALS.map((arrival) => ({ trap, reason, arrival }))),
);

describe('the exit-signal truth table', () => {
  it('has 40 cells', () => {
    expect(cells.length).toBe(40);
  });

  it.each(cells)('P5 EX-06 EX-07 EX-08 EX-10 EX-11 EX-12 EX-13 trapping $trap, $reason by $arrival', async (
    { trap, reason: name, arrival },
  ) => {
    const system = testSystem();
    const reason = REASONS[name];
    const receiver = await listener(system, { trap });
    const sender = await idler(system);
    const watch = system.monitor(receiver.ref);
    let from = sender.ref.pid;
    if (arrival === 'link exit') {
      receiver.self.link(sender.ref);
      // a raised exit is what breaks the link, so that `kill` stays `kill`
      const raiser = receiver.self.spawn((self) => self.exit(reason));
      from = raiser.pid;
    } else if (arrival === 'exit/2 from another') {
      sender.self.exitOther(receiver.ref, reason);
    } else if (arrival === 'exit/2 to self') {
      receiver.self.exitOther(receiver.ref, reason);
      from = receiver.ref.pid;
    } else {
      const raiser = system.spawn((self: ProcessSelf) => {
        self.trapExit(trap);
        return self.exit(reason);
      });
      expect((await system.monitor(raiser).down).reason).toBe(reason);
      return;
    }
    await settle();
    const wanted = expected(trap, name, arrival);
    if (wanted !== 'nothing' && 'dies' in wanted) {
      expect((await watch.down).reason).toBe(wanted.dies);
      expect(receiver.seen).toEqual([]);
      return;
    }
    expect(receiver.ref.alive).toBe(true);
    expect(receiver.seen).toEqual(wanted === 'nothing' ? [] : [new Exit(from, wanted.message)]);
    expect(system.inspect(receiver.ref)?.links).toEqual(arrival === 'link exit' ? [sender.ref.pid] : []);
    watch.cancel();
  });

  it('EX-13 a raised exit(kill) does not become killed, and a trapping peer lives', async () => {
    const system = testSystem();
    const peer = await listener(system);
    const raiser = peer.self.spawn((self) => self.exit('kill'));
    await settle();
    expect(peer.seen).toEqual([new Exit(raiser.pid, 'kill')]);
  });

  it('EX-12 an external kill is seen as killed by everybody, trapping or not', async () => {
    const system = testSystem();
    const trapping = await listener(system);
    const plain = await idler(system);
    const victim = await idler(system, { trap: true });
    trapping.self.link(victim.ref);
    plain.self.link(victim.ref);
    const downs = [system.monitor(victim.ref).down, system.monitor(plain.ref).down];
    system.exit(victim.ref, 'kill');
    await settle();
    expect((await Promise.all(downs)).map((down) => down.reason)).toEqual(['killed', 'killed']);
    expect(trapping.seen).toEqual([new Exit(victim.ref.pid, 'killed')]);
  });

  it.each(
    [['an external kill', 'killed'], ['a raised exit(kill)', 'kill']],
  )('EX-14 through a chain of links %s shows %s at the far end', async (how, reason) => {
    const system = testSystem();
    const end = await listener(system);
    let at = await idler(system);
    end.self.link(at.ref);
    for (let i = 0; i < 20; i++) {
      const next = await idler(system);
      at.self.link(next.ref);
      at = next;
    }
    if (how === 'an external kill') system.exit(at.ref, 'kill');
    else at.self.spawn((self) => self.exit('kill'));
    await settle();
    expect(end.seen.map((one) => (one as Exit).reason)).toEqual([reason]);
  });
});
