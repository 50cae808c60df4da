// SIGKILL at any moment, with durable agents that hand on: effects in their states against an outside ledger.
import { join } from 'node:path';
import { Random } from '../../../src/testing/random.js';
import { count, type Goal, type Plan, type Proof } from '../proof.js';
import type { Order } from './order.js';
import { live, truthOf } from './life.js';

const KILLS = { ci: 30, deep: 1_000 } as const;
/** Of all lives some are killed while they begin. */
const EARLY = 0.25;
const LINES_MAX = 400;
const LATER_MS = 5;

class Ledger {
  readonly intended = new Set<number>();
  readonly accepted = new Set<number>();
  readonly done = new Set<number>();
  readonly problems: string[] = [];
  next = 0;

  hear(line: string): void {
    const id = Number(line.slice(2));
    if (line.startsWith('I ')) {
      this.intended.add(id);
      this.next = Math.max(this.next, id + 1);
    } else if (line.startsWith('S ')) this.accepted.add(id);
    else if (line.startsWith('K ')) this.done.add(id);
    else if (line.startsWith('Y ')) this.problems.push(line);
  }

  get again(): number[] {
    return [...this.intended].filter((id) => !this.done.has(id));
  }
}

function compared(ledger: Ledger, ids: readonly number[]): { lost: number; doubled: number; ghosts: number } {
  const once = new Set(ids);
  return {
    lost: [...ledger.intended].filter((id) => !once.has(id)).length,
    doubled: ids.length - once.size,
    ghosts: [...once].filter((id) => !ledger.intended.has(id)).length,
  };
}

async function run({ size, seed, folder, say }: Plan): Promise<readonly Goal[]> {
  const random = new Random(seed);
  const ledger = new Ledger();
  const path = join(folder, 'store');
  const orderOf = (what: Order['what']): Order => ({ path, what, how: 'exit', base: ledger.next, again: ledger.again });
  let early = 0;
  for (let kills = 0; kills < KILLS[size]; kills++) {
    let left = random.chance(EARLY) ? 0 : random.int(LINES_MAX);
    let ready = false;
    const laterMs = random.float() * LATER_MS;
    const { signal } = await live(orderOf('work'), (line, kill) => {
      ledger.hear(line);
      ready ||= line === 'R';
      if (left-- === 0) setTimeout(kill, laterMs);
    });
    if (signal !== 'SIGKILL') ledger.problems.push('a life ended by itself');
    if (!ready) early += 1;
  }
  const last = await live(orderOf('drain'), (line) => ledger.hear(line));
  const truth = truthOf<{ given: number[]; taken: number[] }>(last);
  if (truth === null) ledger.problems.push('the last life told nothing');
  for (const problem of ledger.problems.slice(0, 10)) say(problem);
  return ['given', 'taken'].map((at): Goal => {
    const { lost, doubled, ghosts } = compared(ledger, truth?.[at as 'given' | 'taken'] ?? []);
    return {
      goal: `each id is ${at} once over ${KILLS[size]} kills`,
      measured: `${lost} lost, ${doubled} doubled, ${ghosts} ghosts of ${count(ledger.intended.size)} sent, `
        + `${count(ledger.done.size)} acknowledged; ${early} kills while it began, ${ledger.problems.length} problems`,
      pass: lost + doubled + ghosts + ledger.problems.length === 0 && ledger.done.size > KILLS[size],
      figures: { lost, doubled, ghosts, sent: ledger.intended.size, kills: KILLS[size], early },
    };
  });
}

export const agents: Proof = {
  name: 'agents', about: 'SIGKILL at any moment of durable agents that hand on', needs: [], run,
};
