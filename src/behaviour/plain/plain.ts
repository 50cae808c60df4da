import { isThenable, OptionError, settle } from '../../base/index.js';
import { LEVELS } from '../../process/inspect/index.js';
import { exitProcess, spawnProcess } from '../../process/kernel/index.js';
import type { Behaviour, Kernel, Process } from '../../process/record/index.js';
import type { Taken } from '../../router/index.js';
import { checkStartName } from '../../router/names/index.js';
import { bodyRuns, BodySelf, ProcessRefImpl, takeIn } from '../gen/body/index.js';
import { hostOf, lastReason } from '../gen/index.js';
import type { SpawnOptions } from '../gen/index.js';
import type { Via } from '../../api/address.js';
import type { ProcessSelf } from '../../api/agent.js';

/*
 * Plain processes: OTP's proc_lib without a behaviour.
 *
 *   spawnPlain ─▶ first turn: body(self) ─┬─ returns, or its promise resolves ─▶ ends with `normal`
 *                                         └─ throws, or rejects              ─▶ ends with that reason
 */

type Body = (self: ProcessSelf) => unknown;

/** The self of a plain process. */
export class PlainSelf extends BodySelf {
  constructor(
    p: Process,
    readonly body: Body,
  ) {
    super(p);
  }
}

/** The callback module of plain processes: a body that runs once, and selective receive (RE-01 to RE-08). */
export const PLAIN: Behaviour = {
  name: 'process',
  sys: null,
  waits: true,
  busy: bodyRuns,
  begin(p: Process): unknown {
    const self = p.self as PlainSelf;
    const result = self.body(self);
    if (result !== undefined && isThenable(result)) follow(p, result);
    else exitProcess(p, 'normal');
    return undefined;
  },
  handle: takeIn,
  settled: () => undefined,
  failed(p: Process, error: unknown): unknown {
    exitProcess(p, lastReason(p, error));
    return undefined;
  },
};

// The body does not park its process: messages must still come through to its receive.
function follow(p: Process, result: PromiseLike<unknown>): void {
  settle(result, () => exitProcess(p, 'normal'), (error) => exitProcess(p, lastReason(p, error)));
}

const NO_OPTIONS: SpawnOptions = {};

/** Spawns a plain process; its body runs later, never inside this call (PR-01). */
export function spawnPlain(
  kernel: Kernel, parent: Process | null, body: Body, linked: boolean, options: SpawnOptions = NO_OPTIONS,
): ProcessRefImpl {
  if (typeof body !== 'function') {
    throw new OptionError(
      'spawn', body, 'a function that takes self', 'to start an agent use start(Definition, …)',
    );
  }
  const name = options.name === undefined ? undefined : checkStartName('spawn.name', options.name);
  const p = spawnProcess(kernel, PLAIN, parent, linked);
  p.self = new PlainSelf(p, body);
  if (options.label !== undefined) p.cold().label = options.label;
  if (options.level !== undefined) p.level = LEVELS[options.level];
  if (name !== undefined) claim(kernel, p, name);
  kernel.scheduler.enqueue(p);
  return new ProcessRefImpl(p, null);
}

function claim(kernel: Kernel, p: Process, name: string | Via): void {
  let owner: Taken | null;
  try {
    owner = hostOf(kernel).router.claim(name, p);
  } catch (error) {
    exitProcess(p, 'normal');
    throw error;
  }
  if (owner === null) return;
  exitProcess(p, 'normal');
  throw new OptionError('spawn.name', typeof name === 'string'
    ? name
    : name.title, 'a free name', `it belongs to ${String(owner.pid)}`, 'ALREADY_REGISTERED');
}

