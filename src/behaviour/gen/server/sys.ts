import { CastcallError, disown, isThenable, OptionError } from '../../../base/index.js';
import type { ExitReason } from '../../../base/index.js';
import { Phase } from '../../../process/record/index.js';
import type { Process, SysHooks } from '../../../process/record/index.js';
import { conclude } from '../ending.js';
import { definitionOf, formatted } from './format-status.js';
import { pauseIdle, restartIdle } from './idle.js';
import { Flag } from '../server-self.js';
import type { AgentSelf } from './self.js';

const selfOf = (p: Process): AgentSelf => p.self as AgentSelf;

function commit(self: AgentSelf, state: unknown): unknown {
  self.state = state;
  self.committed = state;
  self.p.ext?.turn?.replaced();
  return state;
}

/** Refuses the promise of an async function, which would become the state. */
export function plainState(what: string, state: unknown): unknown {
  if (!isThenable(state)) return state;
  disown(state);
  throw new OptionError(
    what, 'a promise', 'a function that returns the new state at once',
    'await first, then replace the state by the result',
  );
}

/** How a server answers system messages. */
export const SERVER_SYS: SysHooks = {
  state: (p) => selfOf(p).state,
  replace(p: Process, change: (state: unknown) => unknown): unknown {
    const self = selfOf(p);
    return commit(self, plainState('replaceState', change(self.state)));
  },
  show: (p) => formatted(p, { state: selfOf(p).state }).state,
  showLog: (p, log) => formatted(p, { log }).log,
  crash(p: Process, reason: ExitReason, sensitive: boolean) {
    const definition = definitionOf(p);
    const { unnamed } = definition;
    if (definition.formatStatus === null) return unnamed;
    const shown =
      formatted(p, sensitive || p.phase === Phase.Starting ? { reason } : { state: selfOf(p).state, reason });
    return { ...shown, ...unnamed };
  },
  codeChange(p: Process, from: unknown, extra: unknown): unknown {
    const { codeChange, name } = definitionOf(p);
    if (codeChange === null) throw new CastcallError('UNDEF', `'${name}' defines no codeChange`);
    const self = selfOf(p);
    return commit(self, plainState('codeChange', codeChange(self as never, from, extra)));
  },
  terminate: conclude,
  /**
   * The idle timeout survives a system message, and begins anew (GS-29); it stands still while the
   * agent is suspended.
   */
  handled(p: Process): void {
    if ((selfOf(p).flags & Flag.Idle) === 0) return;
    if (p.mailbox.held) pauseIdle(p);
    else restartIdle(p);
  },
};
