import { CastcallError } from '../../base/index.js';
import type { Process, SysHooks } from '../../process/record/index.js';
import { conclude } from '../gen/index.js';
import { plainState } from '../gen/server/index.js';
import type { HandlerState } from '../../api/events.js';
import type { InstalledHandler } from './handler.js';
import type { EventEngine } from './manager.js';

const handlersOf = (p: Process): readonly InstalledHandler[] =>
  (p.self as { state: EventEngine }).state.handlers;

function rowOf(one: InstalledHandler, state: unknown = one.state): HandlerState {
  return { ...one.key, state };
}

function commit(one: InstalledHandler, state: unknown): void {
  one.state = state;
  one.committed = state;
}

/**
 * The state of a manager is the states of its handlers; `change` is asked for each, and where it
 * throws that one keeps its state.
 */
export const EVENT_SYS: SysHooks = {
  state: (p) => handlersOf(p).map((one) => rowOf(one)),
  replace(p: Process, change: (state: unknown) => unknown): unknown {
    return handlersOf(p).map((one) => {
      try {
        const changed = plainState('replaceState', change(rowOf(one))) as HandlerState;
        if (changed.handler === one.key.handler && Object.is(changed.id, one.id)) commit(one, changed.state);
      } catch (error) {
        p.kernel.warn(
          'replaceState failed for an event handler, which keeps its state (GE-13)',
          { pid: p.pid, handler: one.handler.name, error },
        );
      }
      return rowOf(one);
    });
  },
  show: (p) => handlersOf(p).map(
    (one) => rowOf(one, one.handler.formatStatus === null ? one.state : one.handler.formatStatus(one.state)),
  ),
  codeChange(p: Process, from: unknown, extra: unknown): unknown {
    const made = handlersOf(p).map((one) => {
      const { codeChange, name } = one.handler;
      if (codeChange === null) throw new CastcallError('UNDEF', `'${name}' defines no codeChange`);
      return plainState('codeChange', codeChange(one, from, extra));
    });
    handlersOf(p).forEach((one, at) => commit(one, made[at]));
    return made;
  },
  terminate: conclude,
};
