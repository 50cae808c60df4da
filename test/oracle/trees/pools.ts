import { Draw, type Tape } from '../tape.js';
import type { Term } from '../term.js';
import { POOL, REASONS, RESTARTS, type Taste } from './shape.js';

/** long beside what a scenario takes */
const LONG_SECONDS = 60;
const LONG_MS = 10_000;
const WORKERS_MAX = 8;
/**
 * what a timed pool gives those who do not end: half of what passes after each step, so all overrun
 * it in their step
 */
const SHORT_MS = 50;
const STEP_MS = 125;

/** One supervisor whose children are instances of a template; only what is said here differs between them. */
class Pool {
  workers = 0;
  constructor(
    readonly id: string,
    private readonly restart: string,
    private readonly shutdown: string | number,
    /**
     * Whether instances may die unnoticed, because they are not linked or their pool is blocked.
     * OTP counts those as active (SU-43), so then nobody counts.
     */
    readonly unnoticed: boolean,
    private readonly timed: boolean,
  ) {}

  template(): Term {
    return this.worker('w0', 'true', 'ok', []);
  }

  instance(draw: Draw): Term {
    // None ignores at a restart: OTP keeps it without a pid, and crashes when it stops (erlang/otp#8215).
    const hang = this.unnoticed ? 'hang' : 'ok';
    const starts = draw.weighted<Term>([
      [
        [], 9,
      ], [
        [['ok'], ['fail']], 3,
      ], [[['ok'], ['fail'], ['fail']], 2], [[['ok'], ['crash']], 1], [[['ok'], [hang]], 3],
      [[['fail']], 1], [[['ignore']], 1], [[['crash']], 1], [[['stop']], 1], [[[hang]], 1],
    ]);
    // A dynamic supervisor never waits for an instance: so whoever is told to be dead is known to be.
    const stubborn = this.id === 's1' || this.shutdown === 'brutal_kill' ? 'stubborn' : 'ok';
    const end = draw.weighted(
      [
        ['ok', 8], [stubborn, this.timed ? 6 : 2], ['crash', 1],
        [this.unnoticed ? 'unlinked' : 'ok', 2],
      ] as const,
    );
    const trap = end === 'stubborn' || end === 'crash' || draw.below(2) === 0 ? 'true' : 'false';
    const again = this.workers === WORKERS_MAX || (this.workers > 0 && draw.rarely(8));
    return this.worker(again ? this.known(draw) : `w${++this.workers}`, trap, end, starts);
  }

  /** an instance whose start blocks the pool until it is released; null when there are enough */
  blocker(): readonly [id: string, instance: Term] | null {
    if (!this.unnoticed || this.workers === 0 || this.workers === WORKERS_MAX) return null;
    const id = `w${++this.workers}`;
    return [id, this.worker(id, 'true', 'ok', [['hang']])];
  }

  known(draw: Draw): string {
    return `w${draw.between(1, Math.max(1, this.workers))}`;
  }

  private worker(id: string, trap: string, end: string, starts: Term): Term {
    return ['worker', id, this.restart, this.shutdown, trap, end, 'false', starts];
  }
}

/** A pool with what happens to its instances and what is asked of it. */
export function decodePool(family: string, { timed }: Taste, sup: 's1' | 'd1' = 's1'): (tape: Tape) => Term {
  return (tape) => {
    const draw = new Draw(tape.setup);
    const intensity = draw.weighted([[1, 3], [2, 3], [0, 2], [3, 2], [5, 1]] as const);
    const pool = new Pool(sup, draw.pick(RESTARTS), timed
      ? SHORT_MS
      : draw.pick([LONG_MS, 'brutal_kill', 'infinity']), draw.rarely(2) && sup === 's1', timed);
    const template = pool.template();
    const id = draw.weighted([[null, 18], ['restart_child', 1], ['delete_child', 1]] as const);
    // castcall's handle of a pool has no such requests, and one of the other kind is refused at
    // once: only an idle pool answers at once as well.
    const steps: Term[] = id === null ? [] : [[id, sup, 'w1']];
    for (const row of tape.steps) {
      steps.push(...stepsOf(pool, new Draw(row)));
      if (timed) steps.push(['advance', STEP_MS]);
    }
    if (timed || draw.rarely(2)) steps.push(['stop_top']);
    if (timed) steps.push(['advance', STEP_MS]);
    return [
      family, [
        'sup', sup, POOL, intensity, LONG_SECONDS, 'permanent', 'infinity', 'false', 'never',
        [template],
      ], steps,
    ];
  };
}

type Word =
  | 'start_instance' | 'meanwhile' | 'crash' | 'kill' | 'stop' | 'signal' | 'release' | 'who' | 'count'
  | 'terminate_pid' | 'terminate_child' | 'kill_sup' | 'signal_sup' | 'stop_top';
const STEPS: readonly (readonly [Word, number])[] = [
  [
    'start_instance', 14,
  ], ['crash', 7], [
    'meanwhile', 6,
  ], ['kill', 3], ['stop', 6], ['signal', 4], ['release', 3], ['who', 5], ['count', 4],
  ['terminate_pid', 7], ['terminate_child', 1], ['kill_sup', 1], ['signal_sup', 1], ['stop_top', 2],
];

function stepsOf(pool: Pool, draw: Draw): Term[] {
  const word = draw.weighted(STEPS);
  return word === 'meanwhile' ? meanwhile(pool, draw) : [stepOf(pool, word, draw)];
}

/**
 * A restart and a request that wait for the pool: when the restart fails, the request comes before the next try
 * (SU-20).
 */
function meanwhile(pool: Pool, draw: Draw): Term[] {
  const victim = pool.known(draw);
  const crash = ['crash', victim];
  const blocker = pool.blocker();
  if (blocker === null) return [crash];
  const request = draw.pick<Term>(
    [['terminate_pid', pool.id, victim], ['who', pool.id], ['terminate_pid', pool.id, ['first', victim]]],
  );
  return [['start_instance', pool.id, blocker[1]], crash, request, ['release', blocker[0]]];
}

function stepOf(pool: Pool, word: Exclude<Word, 'meanwhile'>, draw: Draw): Term {
  switch (word) {
    case 'start_instance': return [word, pool.id, pool.instance(draw)];
    case 'crash': case 'kill': case 'release': return [word, pool.known(draw)];
    case 'stop': return [word, pool.known(draw), draw.pick(REASONS.slice(0, 4))];
    case 'signal': return [word, pool.known(draw), draw.pick(REASONS)];
    case 'count': return [pool.unnoticed ? 'who' : word, pool.id];
    case 'who': case 'kill_sup': return [word, pool.id];
    case 'signal_sup': return [word, pool.id, draw.pick(REASONS.slice(0, 4))];
    case 'terminate_pid': return [
      word, pool.id, draw.weighted<Term>(
        [[pool.known(draw), 5], [['first', pool.known(draw)], 3], ['foreign', 1]],
      ),
    ];
    case 'terminate_child': return [word, pool.id, pool.known(draw)];
    case 'stop_top': return [word];
  }
}
