import { ExitSignal, OptionError } from '../../base/index.js';
import { isA, printable } from '../../base/text/index.js';
import { checkFlags, withChildren } from '../spec/index.js';
import type { SupervisorSpec, Tree } from '../spec/index.js';

/**
 * A function that makes the spec when the supervisor starts, and again when its code changes. `'ignore'` starts
 * nothing.
 */
export type SupervisorInit = () => SupervisorSpec | 'ignore' | Promise<SupervisorSpec | 'ignore'>;

/** What a supervisor is started with: a checked tree, or what makes it. */
export type SupervisorSource = Tree | SupervisorInit | TreeByCores;

/** A checked tree whose children are as many as the machine has cores. */
export class TreeByCores {
  constructor(readonly tree: (cores: number) => Tree) {}
}

/** Checks what a spec function returned; each kind of mistake has its own reason (SU-05). */
export function treeFrom(made: unknown): Tree {
  if (typeof made !== 'object' || made === null) throw new ExitSignal({ badReturn: printable(made) });
  const flags = wrapped('supervisorData', () => checkFlags('supervisor', made));
  return wrapped('startSpec', () => withChildren('supervisor', flags));
}

export function wrapped<T>(key: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw isA(error, OptionError) ? new ExitSignal({ [key]: error }) : error;
  }
}
