import type { ProcessRef, ProcessSelf } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const REASONS = ['normal', 'shutdown', 'other', 'kill'] as const;
const WAYS = ['link', 'other', 'self', 'raised'] as const;
type Way = (typeof WAYS)[number];

/** What EX-06 to EX-14 say: how a receiver ends, or which Exit it gets, or that nothing happens. */
function expected(trap: boolean, reason: string, way: Way): string {
  if (way === 'raised') return `dies ${reason}`;
  if (reason === 'kill' && way !== 'link') return 'dies killed';
  if (trap) return `message ${reason}`;
  return reason === 'normal' && way !== 'self' ? 'nothing' : `dies ${reason}`;
}

interface Cell {
  readonly trap: boolean;
  readonly reason: string;
  readonly way: Way;
}

/** C2: cells of the truth table, several at once. */
async function exits(sim: Simulation): Promise<void> {
  const cells = Array.from({ length: 5 }, (): Cell =>
    ({ trap: sim.random.chance(0.5), reason: sim.random.pick(REASONS), way: sim.random.pick(WAYS) }));
  const probe = sim.probe();
  const running = cells.map((cell) => ({ cell, ...receiver(sim, cell) }));
  for (const one of running) probe.self.monitor(one.ref.pid);
  const peers = running.map((one) => trigger(sim, one.cell, one.ref));
  await sim.sleep(10);
  for (const { cell, ref, seen } of running) {
    const down = probe.messages.filter(({ message }) => (message as { pid?: string }).pid === ref.pid);
    sim.always(down.length <= 1, 'at most one DOWN a monitor');
    const end = down[0] === undefined
      ? (seen.length > 0 ? `message ${seen.join()}` : 'nothing')
      : `dies ${String((down[0].message as { reason: unknown }).reason)}`;
    sim.equal(
      end, expected(cell.trap, cell.reason, cell.way),
      `${cell.trap ? 'trapping' : 'not trapping'}, ${cell.reason} by ${cell.way}`,
    );
    if (down.length === 0) sim.always(ref.alive, 'without a DOWN it lives');
  }
  for (const peer of peers) sim.always(peer === null || !peer.alive, 'the peer has ended');
  sim.equal(
    probe.messages.length, running.filter(({ ref }) => !ref.alive).length,
    'one DOWN for each that ended',
  );
}

function receiver(sim: Simulation, cell: Cell): { ref: ProcessRef; seen: unknown[] } {
  const seen: unknown[] = [];
  const ref = sim.system.spawn(async (self) => {
    self.trapExit(cell.trap);
    for (;;) {
      const message = await self.receive();
      if (message === 'self') self.exitOther(self.pid, cell.reason);
      else if (message === 'raise') self.exit(cell.reason);
      else seen.push((message as { reason?: unknown }).reason);
    }
  });
  return { ref, seen };
}

function trigger(sim: Simulation, { reason, way }: Cell, ref: ProcessRef): ProcessRef | null {
  if (way === 'self' || way === 'raised') {
    ref.send(way === 'self' ? 'self' : 'raise');
    return null;
  }
  return sim.system.spawn(async (self: ProcessSelf) => {
    await sim.sleep(1); // the receiver has set its flag
    if (way === 'other') self.exitOther(ref, reason);
    else {
      self.link(ref);
      if (sim.random.chance(0.5)) await sim.sleep(1);
      if (reason !== 'normal' || sim.random.chance(0.5)) self.exit(reason);
    }
  });
}

export const exitsSuite: Suite = suite('exits', 'C2: the truth table of exit signals', exits);
