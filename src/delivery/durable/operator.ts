import { CommandError, type Command, CommandPoller } from '../../journal/index.js';
import type { Kernel } from '../../process/record/index.js';
import type { CrashCounts } from './aside.js';
import type { StoredLetters } from './stored-letters.js';
import type { DurableWaits } from './waits.js';

/** What others ask of the owner of a store: the command line of `castcall`. */
export const WAIT_RESOLVE = 'wait resolve';
export const WAIT_REJECT = 'wait reject';
export const DLQ_PRUNE = 'dlq prune';
export const AGENT_RESUME = 'agent resume';
export const AGENT_RESET = 'agent reset';
export const DLQ_RETRY = 'dlq retry';

/**
 * Carries out commands of other programs, where the store has a path beside which they stand. It
 * keeps no program alive.
 */
export class Operator {
  private readonly poller: CommandPoller;
  private readonly started: Promise<void>;
  constructor(
    kernel: Kernel, path: string,
    private readonly asked: {
      readonly waits: DurableWaits; readonly letters: StoredLetters; readonly crashes: CrashCounts;
    },
  ) {
    this.poller = new CommandPoller(
      kernel.env, path, (command) => this.carryOut(command),
      (error) => kernel.warn('commands of other programs cannot be read', { error }),
    );
    this.started = this.poller.start();
  }

  /** What is being carried out is finished. */
  async stop(): Promise<void> {
    await Promise.all([this.poller.stop(), this.started]);
  }

  private async carryOut({ verb, args }: Command): Promise<unknown> {
    const { waits, letters } = this.asked;
    const seqs = Array.isArray(args['seqs']) ? args['seqs'] as number[] : [];
    if (verb === DLQ_PRUNE) return letters.prune(seqs);
    if (verb === DLQ_RETRY) return letters.retry(seqs, 'payload' in args ? { payload: args['payload'] } : null);
    if (verb === AGENT_RESUME || verb === AGENT_RESET) return this.agent(verb, args['name'] as string);
    if (verb !== WAIT_RESOLVE && verb !== WAIT_REJECT) {
      throw new CommandError('COMMAND_REFUSED', `this castcall has no command '${verb}': use its own command line`);
    }
    const id = args['id'] as string;
    if (await (verb === WAIT_RESOLVE ? waits.resolve(id, args['value']) : waits.reject(id, args['value']))) return true;
    throw new CommandError('COMMAND_REFUSED', `nobody waits for '${id}', or it was decided before: see wait ls`);
  }

  private async agent(verb: string, name: string): Promise<unknown> {
    const { crashes } = this.asked;
    if (await (verb === AGENT_RESUME ? crashes.resume(name) : crashes.reset(name))) return true;
    const why = verb === AGENT_RESUME ? `'${name}' is not set aside: see agent ls` : `there is nothing of '${name}'`;
    throw new CommandError('COMMAND_REFUSED', why);
  }
}
