import { OptionError, Own } from '../../base/index.js';
import { planOf } from '../../behaviour/gen/index.js';
import type { HandlePlaceImpl } from '../../behaviour/gen/request/index.js';
import type { Address, Kernel } from '../../process/record/index.js';
import { checkId } from '../spec/index.js';
import type { ChildSpec } from '../spec/index.js';
import { AnySupervisorRef, checkSpec, nestedSpec } from '../static/index.js';
import type {
  ChildInfo, ChildPid, DynamicInit, DynamicSpec, SimpleSpec, SupervisorChildOptions,
} from '../../api/supervisor.js';
import { dynamicDefinition } from './dynamic.js';
import { readDynamic, readSimple, significant, type Template } from './spec.js';

/**
 * The handle of a dynamic supervisor: children come and go, each by a specification of its own, and
 * are known by pid. Refusals: `max_children`, `already_started`, `start_failed`, `not_found`.
 *
 * @example
 * const Session = defineAgent({ init: (user: string) => ({ user }), calls: { user: (self) => self.state.user } });
 * const sessions = await system.supervise(dynamicSupervisor('sessions', { maxChildren: 2 }));
 * const one = await sessions.startChild(child('session', Session, 'ann', { restart: 'temporary' }));
 * await one.call('user'); // => 'ann'
 * await sessions.startChild(child('session', Session, 'bob'));
 * await sessions.startChild(child('session', Session, 'eve')).catch((error: CallError) => error.refusal); // => 'max_children'
 * await sessions.terminateChild(one);
 * (await sessions.countChildren()).active; // => 1
 * @since 0.2.0
 */
export class DynamicSupervisorRef extends AnySupervisorRef<ChildInfo<undefined>> {
  /** @internal Use `dynamicSupervisor`, or `system.ref`. */
  constructor(addr: Address, kernel: Kernel) {
    super(addr, kernel, dynamicDefinition());
  }

  /** `system.ref(DynamicSupervisorRef, name)` */
  static handleAt({ addr, host }: HandlePlaceImpl): DynamicSupervisorRef {
    return new DynamicSupervisorRef(addr, host.kernel);
  }

  /** Starts a child; nothing is kept unless it runs. Its id plays no role. */
  startChild<R>(spec: ChildSpec<R>): Promise<R> {
    return this.paced(this.#startChild(spec));
  }

  async #startChild<R>(spec: ChildSpec<R>): Promise<R> {
    if (checkSpec('startChild', spec).significant) throw significant('startChild');
    return this.started(spec, await this.ask('startChild', spec));
  }

  /** Stops a child by its shutdown rule, also one that is restarting. Errors: `not_found`. */
  terminateChild(child: ChildPid): Promise<void> {
    return this.paced(this.#terminateChild(child));
  }

  async #terminateChild(child: ChildPid): Promise<void> {
    await this.ask('terminateChild', pidOf(child));
  }
}

function pidOf(child: ChildPid): string {
  const pid = typeof child === 'string' ? child : child?.pid;
  if (typeof pid === 'string') return pid;
  throw new OptionError('terminateChild', child, 'the pid or a ref of a child that lives');
}

/**
 * The handle of a supervisor whose children are all instances of one template (OTP's
 * simple_one_for_one): `startChild` takes the init arguments that the template left open. Refusals:
 * `already_started`, `start_failed`, `not_found`, and `simple_one_for_one` for what is no pid.
 *
 * @example
 * const Session = defineAgent({ init: (host: string, user: string) => `${user}@${host}`, calls: { who: (self) => self.state } });
 * const sessions = await system.supervise(simpleSupervisor('sessions', template(Session, ['example.org'])));
 * const ann = await sessions.startChild('ann');
 * await ann.call('who'); // => 'ann@example.org'
 * await sessions.countChildren(); // => { specs: 1, active: 1, supervisors: 0, workers: 1 }
 * @since 0.2.0
 */
export class SimpleSupervisorRef<R, Rest extends readonly unknown[]>
  extends AnySupervisorRef<ChildInfo<undefined>> {
  readonly #template: Template<R, Rest>;
  /** @internal Use `simpleSupervisor`. */
  constructor(addr: Address, kernel: Kernel, template: Template<R, Rest>) {
    super(addr, kernel, dynamicDefinition());
    this.#template = template;
  }

  /** Starts an instance; it is restarted with the same arguments. */
  startChild(...args: Rest): Promise<R> {
    return this.paced(this.#startChild(args));
  }

  async #startChild(args: Rest): Promise<R> {
    return this.started(this.#template.spec, await this.ask('startChild', new Own(args)));
  }

  /** Stops an instance; fine when it has ended already. */
  terminateChild(child: ChildPid): Promise<void> {
    return this.paced(this.#terminateChild(child));
  }

  async #terminateChild(child: ChildPid): Promise<void> {
    await this.ask('terminateChild', pidOf(child));
  }
}

/**
 * Specifies a dynamic supervisor under a supervisor, by its spec or by a function that makes it at each start.
 *
 * @example
 * await system.supervise({ children: [dynamicSupervisor('sessions', { maxChildren: 100, name: 'sessions' })] });
 * await system.ref(DynamicSupervisorRef, 'sessions').countChildren(); // => { specs: 0, active: 0, supervisors: 0, workers: 0 }
 * @since 0.2.0
 */
export function dynamicSupervisor(
  id: string, spec: DynamicSpec | DynamicInit = {}, options: SupervisorChildOptions = {},
): ChildSpec<DynamicSupervisorRef> {
  const where = checkId('dynamicSupervisor', id);
  const read = typeof spec === 'function' ? { plan: spec, name: undefined } : readDynamic(where, spec);
  return nestedSpec(
    where, id, options, (name) => planOf(dynamicDefinition(), [read.plan], { name: name ?? read.name }),
    (addr, kernel) => new DynamicSupervisorRef(addr, kernel),
  );
}

/**
 * Specifies a supervisor of instances of one template under a supervisor.
 *
 * @example
 * const Worker = defineAgent({ init: (n: number) => n });
 * const top = await system.supervise({ children: [] });
 * const workers = await top.startChild(simpleSupervisor('workers', template(Worker, [])));
 * await workers.startChild(1);
 * (await workers.countChildren()).active; // => 1
 * @since 0.2.0
 */
export function simpleSupervisor<R, Rest extends readonly unknown[]>(
  id: string, of: Template<R, Rest>, spec: SimpleSpec = {}, options: SupervisorChildOptions = {},
): ChildSpec<SimpleSupervisorRef<R, Rest>> {
  const where = checkId('simpleSupervisor', id);
  const read = readSimple(where, of, spec);
  return nestedSpec(
    where, id, options, (name) => planOf(dynamicDefinition(), [read.plan], { name: name ?? read.name }),
    (addr, kernel) => new SimpleSupervisorRef(addr, kernel, of),
  );
}
