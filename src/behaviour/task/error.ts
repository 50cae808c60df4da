import { CastcallError } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { isError, printable, printableLogged } from '../../base/text/index.js';
import type { Pid } from '../../api/address.js';
import type { TaskErrorCode } from '../../api/tasks.js';

/**
 * A verb of a task that failed: `reason` is why the task ended, for `EXIT`.
 *
 * @example
 * const task = system.task.async(() => { throw new Error('boom'); });
 * const error = await system.task.await(task).catch((failure: TaskError) => failure);
 * [error.code, error.verb, (error.reason as Error).message]; // => ['EXIT', 'await', 'boom']
 * @since 0.2.0
 */
export class TaskError extends CastcallError {
  declare readonly code: TaskErrorCode;
  constructor(
    code: TaskErrorCode,
    readonly verb: string,
    readonly pid: Pid,
    readonly reason: ExitReason = undefined,
    readonly timeoutMs: number | undefined = undefined,
  ) {
    super(code, `task.${verb} of ${pid}: ${sentence(code, printable(reason), timeoutMs)}`, isError(reason)
      ? { cause: reason }
      : undefined);
  }

  /** @internal */
  override logged(): string {
    return `task.${this.verb} of ${this.pid}: ${sentence(this.code, printableLogged(this.reason), this.timeoutMs)}`;
  }

  /** @internal */
  override get orderly(): boolean {
    return this.code === 'EXIT' && this.reason === 'shutdown';
  }
}

function sentence(code: TaskErrorCode, reason: string, timeoutMs: number | undefined): string {
  switch (code) {
    case 'EXIT': return `the task ended: ${reason}`;
    case 'TIMEOUT': return `no result within ${String(timeoutMs)} ms; it is not waited for any more`;
    case 'NOPROC':
      return 'its end was told before, by another verb or by a message that was handled, or it was let go';
    case 'NOT_OWNER': return 'only its owner, the process whose verb started it, may ask';
    case 'BUSY': return 'its owner already waits for it; await the first verb';
    case 'ZOMBIE': return 'the asking process has ended';
  }
}
