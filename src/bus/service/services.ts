import { OptionError, sameOptions } from '../../base/index.js';
import type { Host } from '../../behaviour/gen/index.js';
import type { Kernel } from '../../process/record/index.js';
import type { ServiceStats, Submission } from '../../api/bus/service.js';
import { unknownName } from '../core/index.js';
import { ServiceCore } from './core.js';
import { Crew } from './crew.js';
import { definitionOf } from './definition.js';
import { Hops } from './hops.js';
import { PLAIN, type ReadService, readService } from './options.js';

/** One service, and the options that it was given. */
interface Known {
  readonly core: ServiceCore;
  options: ReadService | null;
  /** the workers that it has started */
  crew: Crew | null;
}

/** The services of one system, by name. */
export class Services {
  readonly kernel: Kernel;
  readonly hops: Hops;
  private readonly table = new Map<string, Known>();
  /** the last number of a worker of those that are being closed, whose workers may live still */
  private readonly leaving = new Map<string, number>();
  constructor(
    private readonly host: Host,
    /** an unknown name needs options */
    private readonly strict: boolean,
  ) {
    this.kernel = host.kernel;
    this.hops = new Hops(host.kernel);
    host.kernel.stopHooks.add(() => {
      for (const { core } of this.table.values()) core.end('stopped');
    });
  }

  /** @param kept whether it is remembered; not for a process that has ended, which fixes nobody's options (P16) */
  open(given: unknown, options: object | undefined, kept: boolean): ServiceCore {
    const definition = definitionOf(given);
    const { name } = definition;
    const known = this.table.get(name);
    if (known !== undefined && known.core.definition !== definition) {
      throw new OptionError(
        `service '${name}'`, definition, 'the definition that it was made with',
        'define it once, and import it where it is used', 'OPTIONS_CONFLICT',
      );
    }
    const read = options === undefined ? null : readService(this.kernel, definition, options);
    if (known === undefined && read === null && this.strict) {
      throw unknownName('service', name, this.table.keys());
    }
    const one = known ?? this.make(definition, kept);
    if (read !== null && kept) this.settle(one, read);
    return one.core;
  }

  /** Its name is free, at once; resolves when the workers that it has started have ended. Idempotent. */
  close(core: ServiceCore): Promise<void> {
    return (core.closing ??= this.finish(core));
  }

  private async finish(core: ServiceCore): Promise<void> {
    const { definition: { name } } = core;
    const known = this.table.get(name);
    const crew = known?.core === core ? known.crew : null;
    if (known?.core === core) this.table.delete(name);
    core.end('closed');
    if (crew === null) return;
    const { named } = crew;
    this.leaving.set(name, named);
    await crew.close();
    if (this.leaving.get(name) === named) this.leaving.delete(name);
  }

  /** Figures of all services, in the order of their making. */
  stats(): ServiceStats[] {
    return [...this.table.values()].map(({ core }) => core.stats());
  }

  submission(id: unknown): Submission | undefined {
    if (typeof id === 'string') return this.hops.submission(id);
    throw new OptionError('submission', id, 'the id of a submission', 'pass complete.submission');
  }

  private make(definition: ReturnType<typeof definitionOf>, kept: boolean): Known {
    const core = new ServiceCore(this.kernel, definition, this.hops, PLAIN.concurrency, PLAIN.graceMs);
    const made: Known = { core, options: null, crew: null };
    if (kept) this.table.set(definition.name, made);
    if (this.kernel.closed) core.end('stopped');
    return made;
  }

  private settle(one: Known, read: ReadService): void {
    const { core } = one;
    if (one.options !== null) {
      sameOptions('service', core.definition.name, fixedOf(one.options), fixedOf(read));
    } else {
      one.options = read;
      core.seats.concurrency = read.concurrency;
      core.graceMs = read.graceMs;
      const { started } = read;
      if (started !== null) {
        one.crew = new Crew(this.host, core, { ...read, started }, this.leaving.get(core.definition.name) ?? 0);
      }
    }
    for (const ref of read.workers) core.seats.join(ref);
    core.pump();
  }
}

/** What one name has once; workers that are given later join. */
function fixedOf({ workers: _, started, ...rest }: ReadService): object {
  return { ...rest, start: started?.start ?? null, count: started?.count ?? null };
}
