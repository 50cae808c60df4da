import { Draw, type Tape } from '../tape.js';
import type { Term } from '../term.js';
import { decodePool } from './pools.js';
import { POOL, readWorker, REASONS, STRATEGIES, type Taste } from './shape.js';

const WORKERS_MAX = 8;
const DEPTH_MAX = 3;
/** long beside what a scenario takes, so that every restart is within the period */
const LONG_SECONDS = 60;

/** Makes trees, and remembers what is in them. */
class Forester {
  workers = 0;
  sups = 0;
  stubborn = 0;
  readonly workerIds: string[] = [];
  /** the supervisor of each worker: under two, one id would be two workers */
  readonly home = new Map<string, string>();
  readonly supIds: string[] = [];
  readonly autos = new Map<string, string>();
  readonly brutal = new Set<string>();
  constructor(private readonly taste: Taste) {}

  sup(draw: Draw, depth: number, above: string = 'never'): Term {
    const id = `s${++this.sups}`;
    this.supIds.push(id);
    const strategy = draw.pick(STRATEGIES);
    const intensity = draw.weighted([[1, 3], [2, 3], [0, 2], [3, 2], [5, 1]] as const);
    const restart =
      depth === 0
        ? 'permanent'
        : draw.weighted([['permanent', 4], ['transient', 2], ['temporary', 1]] as const);
    const auto = draw.weighted([['never', 4], ['any_significant', 2], ['all_significant', 2]] as const);
    this.autos.set(id, auto);
    const brutal = depth > 0 && draw.rarely(12);
    const count = draw.between(1, 3);
    const children: Term[] = [];
    for (let n = 0; n < count; n++) {
      if (n > 0 && this.workers >= WORKERS_MAX) break;
      children.push(
        depth + 1 < DEPTH_MAX && draw.rarely(4) ? this.sup(draw, depth + 1, auto) : this.worker(draw, id, auto),
      );
    }
    // Whom a killed supervisor leaves behind ends beside everything else: nobody under those may be seen to.
    const shutdown =
      brutal && !children.some((one) => (one as readonly Term[])[0] === 'sup') ? 'brutal_kill' : 'infinity';
    if (shutdown === 'brutal_kill') this.brutal.add(id);
    return [
      'sup', id, strategy, intensity, LONG_SECONDS, restart, shutdown, significant(draw, restart, above), auto,
      children,
    ];
  }

  worker(draw: Draw, sup: string, auto: string, id: string = `w${++this.workers}`): Term {
    if (!this.workerIds.includes(id)) this.workerIds.push(id);
    this.home.set(id, sup);
    const restart = draw.weighted(
      [['permanent', auto === 'never' ? 5 : 2], [
        'transient', 3,
      ], ['temporary', auto === 'never' ? 2 : 3]] as const,
    );
    const how = draw.below(16);
    const trap = how % 2 === 0 ? 'true' : 'false';
    // Elsewhere two supervisors would be blocked at once, and go on at once.
    const hang = sup === 's1' ? ['hang'] : ['ok'];
    const starts = draw.weighted<Term>([
      [[], 10], [
        [['ok'], ['fail']], 2,
      ], [
        [['ok'], ['fail'], ['fail']], 1,
      ], [[['ok'], ['crash']], 1], [[['ok'], ['ignore']], 1], [[['ok'], hang], 1],
      [[['fail']], 1], [[['ignore']], 1], [[['crash']], 1], [[['stop']], 1], [[hang], 1],
    ]);
    if (this.taste.timed && this.stubborn < 2 && draw.below(3) > 0) {
      this.stubborn++;
      return ['worker', id, restart, 50, 'true', 'stubborn', 'false', []];
    }
    const end = how === 15 ? 'crash' : how === 14 ? 'unlinked' : how === 13 ? 'stubborn' : 'ok';
    const shutdown = end === 'stubborn' || how % 5 === 1 ? 'brutal_kill' : how % 5 === 2 ? 'infinity' : 5_000;
    return ['worker', id, restart, shutdown, end === 'stubborn' || end === 'crash'
      ? 'true'
      : trap, end, significant(draw, restart, auto), starts];
  }
}

/** Only under a supervisor that looks at it, and not together with permanent (SU-51). */
function significant(draw: Draw, restart: string, above: string): string {
  return above !== 'never' && restart !== 'permanent' && draw.below(3) > 0 ? 'true' : 'false';
}

/** Trees, and one pool in four, with what takes time. */
export function decodeShutdowns(tape: Tape): Term {
  const [kind = 0, ...setup] = tape.setup;
  return (kind % 4 === 3 ? decodePool : decodeTrees)('shutdowns', { timed: true })({ ...tape, setup });
}

/** Trees with what happens to their workers and what is asked of their supervisors. */
export function decodeTrees(family: string, taste: Taste): (tape: Tape) => Term {
  return (tape) => {
    const forester = new Forester(taste);
    const top = forester.sup(new Draw(tape.setup), 0);
    const steps: Term[] = [];
    for (const row of tape.steps) {
      const draw = new Draw(row);
      const step = stepOf(forester, draw);
      steps.push(step, ...endOfAdded(step, draw));
      if (taste.timed) steps.push(['advance', 125]);
    }
    return [family, top, steps];
  };
}

/**
 * A significant worker that was added often ends for good soon after: so that it is seen whether it
 * counts (SU-48, SU-49).
 */
function endOfAdded([word, , added]: readonly Term[], draw: Draw): Term[] {
  if (word !== 'start_child' || (added as readonly Term[])[0] !== 'worker') return [];
  const { id, significant } = readWorker(added as Term);
  return significant && draw.below(3) > 0 ? [['stop', id, draw.pick(REASONS.slice(1, 4))]] : [];
}

type Word =
  | 'crash' | 'kill' | 'stop' | 'signal' | 'release' | 'which' | 'count' | 'terminate_child' | 'restart_child'
  | 'delete_child' | 'start_child' | 'kill_sup' | 'signal_sup' | 'stop_top';
const STEPS: readonly (readonly [Word, number])[] = [
  ['crash', 8], ['kill', 4], ['stop', 6], ['signal', 4], ['release', 2], ['which', 5], ['count', 2],
  [
    'terminate_child', 4,
  ], [
    'restart_child', 4,
  ], ['delete_child', 3], ['start_child', 9], ['kill_sup', 1], ['signal_sup', 1], ['stop_top', 1],
];

function stepOf(forester: Forester, draw: Draw): readonly Term[] {
  const word = draw.weighted(STEPS);
  const { workerIds, supIds } = forester;
  switch (word) {
    case 'crash': case 'kill': case 'release': return [word, draw.pick(workerIds)];
    case 'stop': return ['stop', draw.pick(workerIds), draw.pick(REASONS.slice(0, 4))];
    case 'signal': return ['signal', draw.pick(workerIds), draw.pick(REASONS)];
    case 'which': case 'count': case 'kill_sup': return [word, draw.pick(supIds)];
    case 'signal_sup': return ['signal_sup', draw.pick(supIds), draw.pick(REASONS.slice(0, 4))];
    case 'terminate_child': case 'restart_child': case 'delete_child': return [
      word, draw.pick(supIds), draw.pick([...workerIds, ...supIds]),
    ];
    case 'start_child': {
      const watchful = supIds.filter((id) => forester.autos.get(id) !== 'never');
      const sup = draw.pick([...supIds, ...watchful, ...watchful, ...watchful]);
      const known = workerIds.filter((id) => forester.home.get(id) === sup);
      const again = known.length > 0 && (draw.rarely(3) || forester.workers >= WORKERS_MAX + 3);
      const auto = forester.autos.get(sup) as string;
      if (draw.rarely(4) && forester.workers < WORKERS_MAX && !forester.brutal.has(sup)) {
        return ['start_child', sup, forester.sup(draw, DEPTH_MAX - 1, auto)];
      }
      return ['start_child', sup, again
        ? forester.worker(draw, sup, auto, draw.pick(known))
        : forester.worker(draw, sup, auto)];
    }
    case 'stop_top': return ['stop_top'];
  }
}

/**
 * Crashes under a period of one second, each pair of them clearly within it or clearly outside: OTP
 * looks at whole seconds.
 */
export function decodeRestarts(tape: Tape): Term {
  const draw = new Draw(tape.setup);
  const intensity = draw.between(0, 3);
  const workers: Term[] = ['w1', 'w2']
    .map((id) => ['worker', id, 'permanent', 5_000, 'true', 'ok', 'false', []]);
  const strategy = draw.pick([...STRATEGIES, POOL]);
  const pool = strategy === POOL;
  const steps: Term[] = pool ? workers.map((one) => ['start_instance', 's1', one]) : [];
  let burst = 0;
  let pauses = 0;
  for (const row of tape.steps) {
    const step = new Draw(row);
    steps.push([step.pick(['crash', 'kill']), step.pick(['w1', 'w2'])]);
    const apart = step.below(4) === 3 && pauses < 2;
    const within = 300 * step.below(3);
    if (apart) {
      steps.push(['advance', 2_200]);
      [burst, pauses] = [0, pauses + 1];
    } else if (within > 0 && burst + within <= 800) {
      steps.push(['advance', within]);
      burst += within;
    }
  }
  return ['restarts', ['sup', 's1', strategy, intensity, 1, 'permanent', 'infinity', 'false', 'never', pool
    ? workers.slice(0, 1)
    : workers], steps];
}

