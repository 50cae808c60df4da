import { CastcallError, OptionError } from '../../base/index.js';
import { Kind } from '../../mailbox/message/index.js';
import type { Op, OpRun } from '../../mailbox/message/index.js';
import type { Behaviour, Process } from '../../process/record/index.js';
import { RuntimeDefinition } from '../gen/index.js';
import { durableTerms } from '../gen/outward/index.js';
import type { AnyOperations, AnyStatem, Converted, StatemStatus } from '../../api/statem.js';
import type { StandardSchema } from '../../api/protocol.js';
import { whatever } from './check.js';
import { MACHINE, machineInit, migrating } from './durable.js';
import { StatemSelf } from './self.js';

/** A user's callback: self, then what the event carries. */
export type Callback = (self: StatemSelf, given: unknown) => unknown;

/** The callbacks of one state, those of `common` filled in. */
export class StateTable {
  private lastOp: Op | null = null;
  private lastRun: Callback | undefined = undefined;
  constructor(
    readonly name: string,
    readonly enter: Callback | null,
    private readonly calls: ReadonlyMap<string, Callback>,
    private readonly casts: ReadonlyMap<string, Callback>,
    readonly timeouts: ReadonlyMap<string, Callback>,
    readonly info: Callback | null,
    readonly internal: Callback | null,
    readonly timeout: Callback | null,
    readonly stateTimeout: Callback | null,
  ) {}

  /**
   * The handler of a call or cast; the last one is remembered. By name, because another module's
   * refs may be in use.
   */
  handler(op: Op): Callback | undefined {
    if (op === this.lastOp) return this.lastRun;
    this.lastOp = op;
    this.lastRun = (op.kind === Kind.Call ? this.calls : this.casts).get(op.name);
    return this.lastRun;
  }
}

/** The callbacks of a machine, in either mode: exactly one of `tables` and `handle` is set. */
interface Callbacks {
  readonly tables: ReadonlyMap<string, StateTable> | null;
  readonly handle: Callback | null;
  readonly enter: Callback | null;
}

/** The run-time side of a state machine's definition. */
export class StatemRuntime extends RuntimeDefinition implements AnyStatem {
  readonly behaviour: Behaviour;
  override readonly deliverable: boolean = true;
  override readonly durable: boolean;
  readonly tables: ReadonlyMap<string, StateTable> | null;
  readonly handle: Callback | null;
  readonly enter: Callback | null;
  readonly formatStatus: ((status: StatemStatus) => StatemStatus) | null;
  readonly codeChange:
    | ((from: unknown, old: {
      readonly state: unknown; readonly data: unknown;
    }, extra: unknown) => Converted) | null;
  constructor(
    spec: Given, callbacks: Callbacks, calls: ReadonlyMap<string, Op>, casts: ReadonlyMap<string, Op>,
    behaviour: (definition: StatemRuntime) => Behaviour,
  ) {
    super(spec.name ?? 'statem', spec.trapExit ?? false, initOf(spec), spec.terminate ?? null, calls, casts);
    this.durable = spec.durable !== undefined && spec.durable !== false;
    this.behaviour = behaviour(this);
    this.tables = callbacks.tables;
    this.handle = callbacks.handle;
    this.enter = callbacks.enter;
    this.formatStatus = spec.formatStatus ?? null;
    this.codeChange = spec.codeChange ?? null;
  }

  instance(p: Process): StatemSelf {
    return new StatemSelf(p, this);
  }

  /** The callbacks of that state; null when one handler takes all. */
  tableOf(state: unknown): StateTable | null {
    if (this.tables === null) return null;
    const table = this.tables.get(state as string);
    if (table !== undefined) return table;
    throw new CastcallError(
      'UNKNOWN_STATE',
      `'${this.name}' has no state ${whatever(state)}; its states: ${[...this.tables.keys()].join(', ')}`,
    );
  }
}

function initOf(spec: Given): Given['init'] {
  const terms = durableTerms('defineStatem', spec, 'machine', MACHINE);
  return terms === undefined
    ? spec.init
    : machineInit(spec.name ?? 'statem', spec.init, spec.restored ?? null, migrating(terms));
}

/** What both spec types are at run time. */
export interface Given {
  readonly name?: string;
  readonly trapExit?: boolean;
  readonly init: (this: unknown, ...args: unknown[]) => unknown;
  readonly terminate?: OpRun;
  readonly formatStatus?: StatemRuntime['formatStatus'];
  readonly codeChange?: StatemRuntime['codeChange'];
  readonly durable?: unknown;
  readonly restored?: Callback;
  readonly schemas?: Readonly<Record<string, StandardSchema<unknown, unknown>>>;
  readonly states?: Readonly<Record<string, GivenState>>;
  readonly common?: GivenState;
  readonly calls?: AnyOperations;
  readonly casts?: AnyOperations;
  readonly enter?: Callback;
  readonly handle?: Callback;
}

export interface GivenState {
  readonly enter?: Callback;
  readonly calls?: Readonly<Record<string, Callback>>;
  readonly casts?: Readonly<Record<string, Callback>>;
  readonly timeouts?: Readonly<Record<string, Callback>>;
  readonly info?: Callback;
  readonly internal?: Callback;
  readonly timeout?: Callback;
  readonly stateTimeout?: Callback;
}

/** The run-time side of what `changeModule` and `codeChange` were given. */
export function statemRuntimeOf(where: string, definition: AnyStatem | null): StatemRuntime {
  if (definition instanceof StatemRuntime) return definition;
  throw new OptionError(
    where, definition, 'what defineStatem or defineStatemHandler returned', undefined, 'BAD_ACTION',
  );
}
