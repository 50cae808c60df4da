import { OptionError, unknownKey } from '../../../base/index.js';
import { Kind, Op } from '../../../mailbox/message/index.js';
import type { OpRun, Versions } from '../../../mailbox/message/index.js';
import type { Behaviour, Process } from '../../../process/record/index.js';
import type { Handler } from '../../../api/agent.js';
import type { DeliveryDefaults } from '../../../api/delivery.js';
import type { Allow } from '../../../api/definition.js';
import { guardedBy } from '../request/permission.js';
import { RuntimeDefinition } from '../runtime.js';
import { checkPayload, checkSchema } from '../schema.js';
import type { StandardSchema } from '../../../api/protocol.js';
import type { DurableTerms } from '../outward/durables.js';
import { durableInit, inTurn } from './durable.js';
import { AgentSelf } from './self.js';
import { ServerBehaviour } from './server.js';

/** The callbacks of a server, as its module gives them: for agents checked by `defineAgent`. */
export interface ServerSpec {
  readonly name: string;
  readonly trapExit?: boolean | undefined;
  readonly undeliverable?: boolean | undefined;
  readonly init?: ((this: never, ...args: never) => unknown) | undefined;
  readonly calls?: object | undefined;
  readonly casts?: object | undefined;
  readonly info?: OpRun | undefined;
  readonly continue?: OpRun | undefined;
  readonly terminate?: OpRun | undefined;
  readonly codeChange?: ((self: never, from: unknown, extra: unknown) => unknown) | undefined;
  readonly formatStatus?: ((status: never) => unknown) | undefined;
  readonly delivery?: DeliveryDefaults | undefined;
  readonly allow?: Allow | undefined;
  /** how its agents are stored; absent for those that are not */
  readonly stored?: DurableTerms | undefined;
  readonly restored?: OpRun | undefined;
}

/** The run-time side of a server's definition: of an agent, an event manager, a registry, a supervisor. */
export class ServerDefinition extends RuntimeDefinition {
  readonly behaviour: Behaviour;
  readonly info: OpRun | null;
  readonly proceed: OpRun | null;
  readonly codeChange: ((self: never, from: unknown, extra: unknown) => unknown) | null;
  readonly formatStatus: ((status: never) => unknown) | null;
  override readonly deliverable: boolean = true;
  override readonly delivery: DeliveryDefaults | undefined;
  override readonly durable: boolean;
  constructor(spec: ServerSpec) {
    const { name, trapExit = false, terminate = null, stored } = spec;
    const durable = stored !== undefined;
    super(
      name, trapExit, initOf(spec), terminate, table(name, 'calls', spec.calls, spec.allow, durable),
      table(name, 'casts', spec.casts, spec.allow, durable),
    );
    const turn = (run: OpRun | undefined): OpRun | null =>
      (run === undefined ? null : durable ? inTurn(run) : run);
    this.durable = durable;
    this.behaviour = new ServerBehaviour(this, spec.undeliverable === true, durable);
    this.info = turn(spec.info);
    this.proceed = turn(spec.continue);
    this.codeChange = spec.codeChange ?? null;
    this.formatStatus = spec.formatStatus ?? null;
    this.delivery = spec.delivery;
  }

  instance(p: Process): AgentSelf {
    return new AgentSelf(p);
  }
}

function initOf({ name, init, stored, restored }: ServerSpec): RuntimeDefinition['init'] {
  const given = (init ?? null) as RuntimeDefinition['init'];
  return stored === undefined
    ? given
    : durableInit(name, given, (restored ?? null) as Parameters<typeof durableInit>[2], stored);
}

interface RawEntry {
  readonly schema?: StandardSchema<unknown, unknown>;
  readonly handle: Handler<unknown>;
  readonly concurrent?: boolean;
  readonly version?: unknown;
  readonly upcast?: unknown;
  readonly collect?: unknown;
}

const ENTRY_KEYS: ReadonlySet<string> = new Set(['schema', 'concurrent', 'handle', 'version', 'upcast', 'collect']);

// A Map, so that `constructor` and `__proto__` are unknown operations like any other.
function table(
  agent: string, kind: 'calls' | 'casts', entries: object | undefined, allow: Allow | undefined,
  durable: boolean,
): Map<string, Op> {
  const ops = new Map<string, Op>();
  if (entries === undefined) return ops;
  for (const name of Object.keys(entries)) {
    const given: unknown = (entries as Record<string, unknown>)[name];
    const entry = (typeof given === 'function' ? { handle: given } : given) as Partial<RawEntry> | null;
    if (typeof entry?.handle !== 'function') {
      throw new OptionError(
        `${agent}.${kind}.${name}`, given, 'a handler function, on(schema, handler), or { concurrent, handle }',
      );
    }
    for (const key of Object.keys(entry)) {
      if (ENTRY_KEYS.has(key)) continue;
      throw unknownKey(
        `${agent}.${kind}.${name}.${key}`, key, (entry as Record<string, unknown>)[key], [...ENTRY_KEYS],
      );
    }
    if (entry.schema !== undefined) checkSchema(`${agent}.${kind}.${name}.schema`, entry.schema);
    ops.set(name, operation(agent, kind, name, entry as RawEntry, allow, durable));
  }
  return ops;
}

function operation(
  agent: string, kind: 'calls' | 'casts', name: string, entry: RawEntry, allow: Allow | undefined,
  durable: boolean,
): Op {
  const { schema, handle } = entry;
  const streams = handle.constructor.name === 'AsyncGeneratorFunction'
    || handle.constructor.name === 'GeneratorFunction';
  if (streams && kind === 'casts') {
    throw new OptionError(`casts.${name}`, 'a generator', 'a function', 'streams are calls: move it to calls');
  }
  const what = kind === 'casts' ? Kind.Cast : streams ? Kind.Stream : Kind.Call;
  const check = schema === undefined
    ? null
    : (payload: unknown): unknown => checkPayload(name, schema, payload);
  const guarded = allow === undefined ? check : guardedBy(allow, agent, name, check);
  const concurrent = entry.concurrent ?? false;
  const versions = versionsOf(`${agent}.${kind}.${name}`, entry);
  if (entry.collect !== undefined) {
    checkCollect(`${agent}.${kind}.${name}`, entry, streams);
    return collecting(new Op(
      what, name, wrapped(durable, (self, payload) => handle(self, [payload] as never)), guarded, false,
      handle.constructor.name === 'AsyncFunction', versions,
    ), wrapped(durable, handle), entry.collect as number);
  }
  if (!durable || streams || concurrent) return new Op(what, name, handle, guarded, concurrent, false, versions);
  return new Op(what, name, inTurn(handle), guarded, false, handle.constructor.name === 'AsyncFunction', versions);
}

function wrapped(durable: boolean, run: OpRun): OpRun {
  return durable ? inTurn(run) : run;
}

function collecting(op: Op, many: OpRun, max: number): Op {
  op.many = many;
  op.collect = max;
  return op;
}

const COLLECT_MAX = 1_000;

function checkCollect(where: string, { collect, concurrent, schema }: RawEntry, streams: boolean): void {
  if (!Number.isInteger(collect) || (collect as number) < 2 || (collect as number) > COLLECT_MAX) {
    throw new OptionError(
      `${where}.collect`, collect, `a whole number of messages from 2 to ${COLLECT_MAX.toLocaleString('en')}`,
      collect === 1 ? 'leave it out: without it a handler takes one' : undefined,
    );
  }
  if (schema !== undefined || concurrent === true || streams) {
    throw new OptionError(
      `${where}.collect`, collect, 'a plain handler of one turn at a time',
      'leave schema, concurrent and generators out, and check the payloads in the handler', 'BAD_COMBINATION',
    );
  }
}

/** A version above 1 says that there are older payloads, and `upcast` what they are today: the two go together. */
function versionsOf(where: string, { version = 1, upcast }: RawEntry): Versions | null {
  if (!Number.isSafeInteger(version) || (version as number) < 1) {
    throw new OptionError(`${where}.version`, version, 'a whole number from 1', 'raise it by 1 when payloads change');
  }
  if (upcast !== undefined && typeof upcast !== 'function') {
    throw new OptionError(
      `${where}.upcast`, upcast, 'a function from an older payload and its version to one of today',
    );
  }
  if ((version === 1) !== (upcast === undefined)) {
    const [field, other, fix] = upcast === undefined
      ? ['version', 'upcast beside it', 'say what older payloads are today']
      : ['upcast', 'a version from 2 beside it', 'version 1 has no older ones'];
    throw new OptionError(`${where}.${field}`, upcast ?? version, other, fix, 'BAD_COMBINATION');
  }
  return upcast === undefined ? null : { version: version as number, upcast: upcast as Versions['upcast'] };
}
