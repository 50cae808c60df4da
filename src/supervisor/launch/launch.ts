import { CastcallError, handled, StartError } from '../../base/index.js';
import { AgentRefImpl, planOf, startAgent } from '../../behaviour/gen/index.js';
import type { Host } from '../../behaviour/gen/index.js';
import type { AgentSelf } from '../../behaviour/gen/server/index.js';
import { DeadAddress, fenced, Phase } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import { Child, isEnding, startChildProcess } from '../core/index.js';
import { dynamicDefinition, type DynamicState, keep, readDynamic } from '../dynamic/index.js';
import type { ReadDynamic } from '../dynamic/index.js';
import type { AnyDefinition } from '../../api/protocol.js';
import type { Pid } from '../../api/address.js';
import { readJob, type GivenJob, type ReadJob } from './options.js';
import { SubAgentImpl } from './sub-agent.js';

/*
 * A launch: the child is started under the supervisor of its owner in the same step, so that the
 * handle knows it, and launches with slow inits do not wait for each other. The supervisor learns of it as
 * of any other child: by its role and by the link.
 *
 *   launch ─▶ supervisor of the owner, started if there is none ─▶ child ─▶ request (sub-agent.ts) ─▶ SubAgent
 */

/** The supervisors of sub-agents of one system. */
class Launches {
  private top: Process | null = null;
  private readonly below = new WeakMap<Process, Process>();
  private readonly rules: ReadDynamic = readDynamic('launch', {});
  constructor(private readonly host: Host) {}

  launch(
    owner: Process | null, self: { readonly signal: AbortSignal } | null, definition: AnyDefinition, given: GivenJob,
  ): SubAgentImpl {
    if (fenced(owner)) throw new CastcallError('ZOMBIE', `launch: the process ${(owner as Process).pid} has ended`);
    const job = readJob(definition, given);
    const signal = job.signal ?? self?.signal;
    signal?.throwIfAborted();
    const supervisor = this.supervisorOf(owner);
    const { p, ready } = startUnder(supervisor, job);
    const { kernel } = this.host;
    const addr = p ?? new DeadAddress(`${job.spec.plan.definition.name} that was not started` as Pid);
    const ref = new AgentRefImpl(addr, job.spec.plan.definition, kernel, null);
    const made = new SubAgentImpl({ owner, supervisor, ref, p, ready, job });
    made.begin(signal);
    return made;
  }

  private supervisorOf(owner: Process | null): Process {
    const known = owner === null ? this.top : this.below.get(owner);
    if (known !== null && known !== undefined && !isEnding(known)) return known;
    const plan = planOf(dynamicDefinition(), [this.rules.plan], { label: 'sub-agents' });
    const made = startAgent(this.host, plan, owner) as Process; // its init is synchronous and never ignores
    if (owner === null) this.top = made;
    else this.below.set(owner, made);
    return made;
  }
}

/** A child on its way: its process, and when its init is over, undefined for one that runs. */
interface Started {
  readonly p: Process | null;
  readonly ready: Promise<void> | undefined;
}

function startUnder(supervisor: Process, { spec }: ReadJob): Started {
  const { state } = supervisor.self as AgentSelf & { state: DynamicState };
  const child = new Child(state, spec, spec.plan);
  const runs = (): void => {
    const { process: p } = child;
    if (p === null) throw new StartError(spec.plan.definition.name, 'ignore');
    if (p.phase === Phase.Dead) child.release(); // before its supervisor knew it
    else keep(state, child, 'debug');
  };
  const before = newestStarting(supervisor);
  const started = startChildProcess(supervisor, child);
  if (!(started instanceof Promise)) {
    runs();
    return { p: child.process, ready: undefined };
  }
  const p = newestStarting(supervisor);
  return { p: p === before ? null : p, ready: handled(started.then(runs)) };
}

function newestStarting({ ext }: Process): Process | null {
  return [...(ext?.starting ?? [])].at(-1) ?? null;
}

/** Fills the port: `self.launch`, and the same verb of the system. */
export function offerLaunches(host: Host): void {
  const launches = new Launches(host);
  host.extensions.set('launch', (p, self) => (definition: AnyDefinition, job: GivenJob) =>
    launches.launch(p, self, definition, job));
}

/** The verb of the outside. */
export function launchFrom(host: Host, definition: AnyDefinition, job: unknown): unknown {
  const launch = host.extensions.get('launch')?.(null, null) as (d: AnyDefinition, job: unknown) => unknown;
  return launch(definition, job);
}
