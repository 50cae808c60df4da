import { CastcallError } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import type { OpRun } from '../../mailbox/message/index.js';
import type { Behaviour, Process, SysHooks, Turnover } from '../../process/record/index.js';
import type { RuntimeDefinition } from './runtime.js';

/**
 * What all behaviours that answer calls are to the kernel: servers and state machines. A message
 * comes to `handle`; a promise that it returns parks the process until `settled` or `failed` goes
 * on; `conclude` (ending.ts) ends it.
 */
export abstract class Engine implements Behaviour {
  readonly name: string;
  abstract readonly handle: Behaviour['handle'];
  abstract readonly settled: Behaviour['settled'];
  abstract readonly failed: Behaviour['failed'];
  abstract readonly sys: SysHooks;
  readonly turnover: Turnover = { changes: 0 };
  constructor(
    readonly definition: RuntimeDefinition,
    /** what it is, in log lines */
    readonly kind: string,
  ) {
    this.name = definition.name;
  }

  begin(): void {
    throw new CastcallError('INTERNAL', `the ${this.kind} '${this.name}' has no body`);
  }

  /** The callback that runs before its end. */
  terminator(_p: Process): OpRun | null {
    return this.definition.terminate;
  }

  /** Tells of an abnormal end, beside the crash report that every process makes. */
  report(_p: Process, _reason: ExitReason): void {
    // a server has nothing to add
  }
}
