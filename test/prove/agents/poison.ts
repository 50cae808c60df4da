// A message whose handler ends the program, or takes all its memory.
import { join } from 'node:path';
import type { Goal, Plan, Proof } from '../proof.js';
import { ATTEMPTS_MAX, GOOD, type Order } from './order.js';
import { live, truthOf } from './life.js';

const LIVES_MAX = ATTEMPTS_MAX + 5;
const FLAGS: Readonly<Record<Order['how'], readonly string[]>> = { exit: [], memory: ['--max-old-space-size=64'] };

interface Truth {
  readonly ids: readonly number[];
  readonly reason: unknown;
  readonly attempts: number;
  readonly dead: number;
}

async function poisoned(how: Order['how'], folder: string): Promise<Goal> {
  const order = { path: join(folder, how), how, base: 0, again: [] };
  await live({ ...order, what: 'fill' });
  let deaths = 0;
  let truth: Truth | null = null;
  for (; truth === null && deaths < LIVES_MAX; deaths += truth === null ? 1 : 0) {
    truth = truthOf<Truth>(await live({ ...order, what: 'poison' }, undefined, FLAGS[how]));
  }
  const once = new Set(truth?.ids).size === GOOD && truth?.ids.length === GOOD;
  return {
    goal: `${how}: a dead letter after ${ATTEMPTS_MAX} deaths, the other ${GOOD} handled once each`,
    measured: `${deaths} deaths, ${truth?.dead ?? 'no'} dead letter (${String(truth?.reason)}, ${truth?.attempts} `
      + `attempts), ${truth?.ids.length ?? 0} handled`,
    pass: once && deaths === ATTEMPTS_MAX && truth?.dead === 1 && truth.attempts === ATTEMPTS_MAX
      && truth.reason === 'died_with_program',
    figures: { deaths, dead: truth?.dead ?? 0, handled: truth?.ids.length ?? 0 },
  };
}

export const poison: Proof = {
  name: 'poison', about: 'a message that kills the program ends as a dead letter', needs: [],
  run: async ({ folder }: Plan) => [await poisoned('exit', folder), await poisoned('memory', folder)],
};
