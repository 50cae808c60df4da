import { CastcallError, OptionError } from '../../base/index.js';
import { fenced } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import type { ProcessVerbs } from '../../api/agent.js';
import { ProcessVerbsImpl } from './process-verbs.js';

/**
 * The process that a verb is called for, by its self; null, and counted, when that incarnation has
 * ended (P16).
 */
export function callerOf(self: ProcessVerbs, verb: string): Process | null {
  const given: unknown = self;
  if (!(given instanceof ProcessVerbsImpl)) {
    throw new OptionError(
      `${verb}.self`, self, 'the self of the calling process', 'pass the first argument of the handler or body',
    );
  }
  const { p } = given;
  return fenced(p) ? null : p;
}

/** The same for a verb that has an answer to give. */
export function needed(self: ProcessVerbs, verb: string): Process {
  const p = callerOf(self, verb);
  if (p === null) throw new CastcallError('ZOMBIE', `${verb}: the process ${self.pid} has ended`);
  return p;
}
