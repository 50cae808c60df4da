import type { GatherBranch } from '../../api/bus/verbs.js';
import type { AnyDefinition } from '../../api/protocol.js';
import { BusError } from '../core/index.js';

/**
 * A gather whose quorum cannot be reached any more: `branches` has what became of each, in the order
 * of the refs; its `cause` is the first failure.
 *
 * @example
 * const Idle = defineAgent({ calls: { ask: () => 'yes' } });
 * const refs = [system.start(Idle), system.ref(Idle, 'nobody')];
 * const error = await system.gather(refs, 'ask').then(() => undefined, (error: unknown) => error as GatherError);
 * error?.code; // => 'GATHER_FAILED'
 * error?.branches.filter((one) => !one.ok && one.error.code === 'NOPROC').length; // => 1
 * @since 0.2.0
 */
export class GatherError<D extends AnyDefinition = AnyDefinition, V = unknown> extends BusError {
  /** one for each ref, in their order; `ABORTED` are those that were not waited for any more */
  readonly branches: readonly GatherBranch<D, V>[];
  /** @internal Use `gather`. */
  constructor(op: string, quorum: number, failed: number, branches: readonly GatherBranch<D, V>[]) {
    const first = branches.find((one) => !one.ok && one.error.code !== 'ABORTED') ?? branches.find((one) => !one.ok);
    const cause = first === undefined || first.ok ? undefined : first.error;
    const asked = quorum === 1 ? '1 reply is' : `${quorum} replies are`;
    super(
      'GATHER_FAILED', `gather '${op}'`,
      `${failed} of ${branches.length} branches failed, ${asked} asked for; the first: ${cause?.message ?? 'none'}`,
      { cause },
    );
    this.branches = branches;
    Object.defineProperty(this, 'branches', { enumerable: false }); // a console would bury the message
  }
}
