import { CastcallError, OptionError } from '../../../base/index.js';
import type { ExitReason } from '../../../base/index.js';
import { exitProcess } from '../../../process/kernel/index.js';
import type { Process, SysHooks } from '../../../process/record/index.js';
import type { SysCallbacks, SysLink } from '../../../api/sys.js';
import { plainState } from '../server/sys.js';
import { debugOf } from './debug.js';
import { checkKeys } from '../options.js';

const KEYS = ['state', 'replace', 'codeChange', 'terminate'] as const;

/** Makes a plain process answer system messages; `asked` is called after each. */
export function joinSys(p: Process, given: SysCallbacks, asked: () => void): SysLink {
  checkKeys('joinSys', given, KEYS);
  for (const key of KEYS) {
    const value: unknown = given[key];
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
