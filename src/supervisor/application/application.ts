import { CastcallError, OptionError, parseOptions, z } from '../../base/index.js';
import { printable, shapeOf } from '../../base/text/index.js';
import { checkName } from '../../router/names/index.js';
import type { SupervisorSpec } from '../spec/index.js';
import type { ApplicationContext, ApplicationEnv } from '../../api/supervisor.js';

/** The callbacks and relations of an application. `S` is what `start` hands on to `prepStop` and `stop`. */
export interface ApplicationSpec<S> {
  readonly name: string;
  /** must run before it may start; by definition, or by the name of a loaded one */
  readonly dependsOn?: readonly (Application | string)[] | undefined;
  /** the same, but may be absent: then it is left out */
  readonly optional?: readonly (Application | string)[] | undefined;
  /** first values of its env */
  readonly env?: Readonly<Record<string, unknown>> | undefined;
  /** makes the top supervisor's spec, alone or with a state for the other callbacks; sync or async */
  readonly start: (app: ApplicationContext) => SupervisorSpec | WithState<S>
    | Promise<SupervisorSpec | WithState<S>>;
  /** before the tree is stopped; what it returns, unless undefined, is the state for `stop` */
  readonly prepStop?: ((state: S) => S | void | Promise<S | void>) | undefined;
  /** after the tree has stopped */
  readonly stop?: ((state: S) => unknown) | undefined;
}

/** A top supervisor and a state for `prepStop` and `stop`. */
export interface WithState<S> {
  readonly supervisor: SupervisorSpec;
  readonly state: S;
}

/**
 * A checked application; made by `defineApplication`.
 *
 * @example
 * defineApplication({ name: 'bank', start: () => ({ children: [] }) }) instanceof Application; // => true
 * @since 0.2.0
 */
export class Application {
  readonly name: string;
  /** @internal Use `defineApplication`. */
  constructor(readonly spec: ApplicationSpec<unknown>) {
    this.name = spec.name;
  }
}

const isFunction = (value: unknown): boolean => typeof value === 'function';
const relation = z.array(z.custom<Application | string>(
  (value) => value instanceof Application || typeof value === 'string', { error: 'an application or its name' },
), { error: 'an array of applications' }).optional();
const callback = <F>(): z.ZodType<F> => z.custom<F>(isFunction, { error: 'a function' });
const schema: z.ZodType<ApplicationSpec<unknown>> = z.strictObject({
  name: z.string({ error: 'a name' }),
  dependsOn: relation,
  optional: relation,
  env: z.record(z.string(), z.unknown(), { error: 'an object' }).optional(),
  start: callback<ApplicationSpec<unknown>['start']>(),
  prepStop: callback<ApplicationSpec<unknown>['prepStop']>().optional(),
  stop: callback<ApplicationSpec<unknown>['stop']>().optional(),
}, { error: 'an object with name and start' });

/**
 * Defines an application: a supervision tree with a name, dependencies, a configuration and
 * callbacks around its life. Start it with `system.applications`.
 *
 * Errors: an OptionError for an unknown key or a value that breaks its rule.
 *
 * @example
 * const Account = defineAgent({ init: () => ({ balance: 0 }) });
 * const Bank = defineApplication({
 *   name: 'bank',
 *   env: { currency: 'EUR' },
 *   start: ({ env }) => ({ supervisor: { children: [child('account', Account)] }, state: env.get('currency') }),
 *   stop: (currency) => currency,
 * });
 * await system.applications.ensureAllStarted(Bank); // => ['bank']
 * system.whereis('account') !== undefined; // => true
 * await system.applications.stop(Bank);
 * system.whereis('account'); // => undefined
 * @since 0.2.0
 */
export function defineApplication<S = undefined>(spec: ApplicationSpec<S>): Application {
  const read = parseOptions('defineApplication', schema, spec);
  checkName('defineApplication.name', read.name);
  return new Application(read);
}

/**
 * An application that could not be started or stopped. Codes: `NOT_STARTED` (with the `dependency`
 * that does not run), `ALREADY_STARTED`, `NOT_LOADED`, `START_FAILED` (with the reason),
 * `STOPPING`, `DEPENDENCY_CYCLE`, `SYSTEM_STOPPED`; and `EXITED` (with the reason), with which
 * `system.done` rejects when one that must run has ended by itself.
 *
 * @example
 * const Api = defineApplication({ name: 'api', dependsOn: [defineApplication({ name: 'db', start: () => ({ children: [] }) })], start: () => ({ children: [] }) });
 * const error = await system.applications.start(Api).catch((error: unknown) => error as ApplicationError);
 * error instanceof ApplicationError && [error.code, error.dependency]; // => ['NOT_STARTED', 'db']
 * @since 0.2.0
 */
export class ApplicationError extends CastcallError {
  constructor(
    code: string,
    readonly application: string,
    message: string,
    readonly dependency?: string,
    readonly reason?: unknown,
  ) {
    super(
      code, `application '${application}': ${message}`,
      reason === undefined ? undefined : { cause: reason },
    );
  }
}

/** Where in the callbacks a start went wrong (AP-13). */
export function badCallback(
  application: string, callback: string, what: 'badReturn' | 'crashed', value: unknown,
): Readonly<Record<string, unknown>> {
  return {
    application, callback,
    [what]: what === 'badReturn' ? (typeof value === 'string' ? printable(value) : shapeOf(value)) : value,
  };
}

/** An env of its own for each loaded application. */
export class EnvMap implements ApplicationEnv {
  private readonly values: Map<string, unknown>;
  constructor(first: Readonly<Record<string, unknown>> | undefined) {
    this.values = new Map(Object.entries(first ?? {}));
  }
  get(key: string, fallback?: unknown): unknown {
    return this.values.has(key) ? this.values.get(key) : fallback;
  }
  set(key: string, value: unknown): void {
    if (typeof key !== 'string') throw new OptionError('env.set', key, 'a text as the key');
    this.values.set(key, value);
  }
  unset(key: string): void {
    this.values.delete(key);
  }
}
