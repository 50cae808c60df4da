import { Draw, type Tape } from '../tape.js';
import type { Term } from '../term.js';

const REASONS: readonly Term[] = ['shutdown', 'boom', 'normal', ['shutdown', 'done'], 'kill'];
/** more than a scenario can restart */
const MANY = 100;
const DEPTH_MAX = 3;

/**
 * Workers ask those behind them, so that nobody waits in a circle. With a low intensity only the
 * first one is ever restarted: two that end in one step would leave open whose end is one too many.
 */
export function decodeCallers(tape: Tape): Term {
  const setup = new Draw(tape.setup);
  const intensity = setup.pick([MANY, MANY, 0, 1, 2]);
  const ids = ['w1', 'w2', 'w3', 'w4'].slice(0, setup.between(2, 4));
  const restarts = ['transient', 'permanent', 'temporary'] as const;
  const workers = ids.map((id, at): Term => {
    const restart = intensity < MANY && at > 0 ? 'temporary' : setup.pick(restarts);
    const ending = setup.weighted<Term>([[['ok'], 6], [['exits', setup.pick(REASONS)], 3], [['crashes'], 1]]);
    return ['worker', id, restart, setup.pick(['false', 'true']), ending];
  });
  const steps = tape.steps.map((row): Term => {
    const draw = new Draw(row);
    const id = draw.pick(intensity < MANY ? ['w1', 'w1', 'w1', ...ids] : ids);
    const word = draw.weighted([['tell', 8], ['which', 2], ['kill', 1]] as const);
    return word === 'tell'
      ? ['tell', id, planOf(draw, ids, ids.indexOf(id), 0)]
      : word === 'kill' ? ['kill', id] : ['which'];
  });
  return ['callers', intensity, workers, steps];
}

function planOf(draw: Draw, ids: readonly string[], at: number, depth: number): Term {
  const behind = ids.slice(at + 1);
  const asks = depth < DEPTH_MAX && behind.length > 0 ? 10 : 0;
  const word = draw.weighted([
    ['out', asks], ['stop', 3], ['exits', 2], ['again', asks / 5], ['stops', asks / 5],
    ['crashes', 1], ['fine', 1],
  ] as const);
  switch (word) {
    case 'fine': case 'crashes': return [word];
    case 'stop': case 'exits': return [word, draw.pick(REASONS)];
    default: return [word, requestOf(draw, ids, behind, depth)];
  }
}

function requestOf(draw: Draw, ids: readonly string[], behind: readonly string[], depth: number): Term {
  const to = draw.pick(behind);
  switch (draw.weighted([['call', 7], ['stopping', 3], ['task', 2]] as const)) {
    case 'call': return ['call', to, planOf(draw, ids, ids.indexOf(to), depth + 1)];
    case 'stopping': return ['stopping', to, draw.pick(REASONS.slice(0, 4))];
    case 'task': return ['task', draw.weighted<Term>([[['exits', draw.pick(REASONS)], 4], [['crashes'], 1]])];
  }
}
