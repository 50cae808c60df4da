import { CastcallError, OptionError, type ExitReason } from '../../../base/index.js';
import { exitProcess, type Process, type SysHooks } from '../../../process/index.js';
import { plainState } from './agent-sys.js';
import { debugOf, type DebugEvent } from './debug.js';
import { checkKeys } from '../options.js';

/** How a plain process takes part in sys (SY-12): given to `self.joinSys`. */
export interface SysCallbacks<S = unknown> {
  /** the state, for getState and getStatus */
  state(): S;
  /** takes what replaceState made of the state; left out, replaceState is refused */
  replace?(state: S): void;
  /** converts the state for new code; left out, codeChange is refused */
  codeChange?(from: unknown, extra: unknown): void;
  /** runs before the process ends by `sys.terminate`, or by its parent while it is suspended */
  terminate?(reason: ExitReason): void;
}

/** What `self.joinSys` returns. */
export interface SysLink {
  /** tells debug functions what this process replies, or its state; what comes in they see by themselves */
  event(event: DebugEvent): void;
}

const KEYS = ['state', 'replace', 'codeChange', 'terminate'];

/** Makes a plain process answer system messages; `asked` is called after each. */
export function joinSys(p: Process, given: SysCallbacks, asked: () => void): SysLink {
  checkKeys('joinSys', given, KEYS);
  for (const key of KEYS) {
    const value = (given as unknown as Record<string, unknown>)[key];
    if (typeof value !== 'function' && (key === 'state' || value !== undefined)) {
      throw new OptionError(`joinSys.${key}`, value, 'a function');
    }
  }
  p.cold().sys = hooksOf(given, asked);
  return { event: (event) => debugOf(p)?.note(p, event) };
}

function hooksOf(given: SysCallbacks, asked: () => void): SysHooks {
  return {
    state: () => given.state(),
    show: () => given.state(),
    replace(_p: Process, change: (state: unknown) => unknown): unknown {
      if (given.replace === undefined) throw undef('replace');
      const next = plainState('replaceState', change(given.state()));
      given.replace(next);
      return next;
    },
    codeChange(_p: Process, from: unknown, extra: unknown): unknown {
      if (given.codeChange === undefined) throw undef('codeChange');
      given.codeChange(from, extra);
      return given.state();
    },
    terminate(p: Process, reason: ExitReason): unknown {
      given.terminate?.(reason);
      exitProcess(p, reason);
      return undefined;
    },
    handled: asked,
  };
}

function undef(what: string): CastcallError {
  return new CastcallError('UNDEF', `this process joined sys without '${what}'`);
}
