import { OptionError } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import type { Op, OpRun } from '../../mailbox/message/index.js';
import type { Behaviour, Process } from '../../process/record/index.js';
import type { DeliveryDefaults } from '../../api/delivery.js';
import type { AnyDefinition, HasHandle } from '../../api/protocol.js';

/** The `self` of one incarnation, as a start needs it: whether init's result is taken, and what it becomes. */
export interface Instance {
  /** takes what init made and readies the process for its first message; a throw fails the start */
  begin(made: unknown): void;
}

/** What definitions are called that were given no name. */
const NAMES_OF_NONE: ReadonlySet<string> = new Set(['agent', 'statem']);
const OPERATIONS_SHOWN = 5;

/**
 * The run-time side of a definition, whatever its behaviour: its protocol, its life cycle, and how
 * it makes its self.
 */
export abstract class RuntimeDefinition {
  abstract readonly behaviour: Behaviour;
  /** how its handle is made when it has one of its own, undefined for a plain ref */
  handleAt: HasHandle<unknown>['handleAt'] | undefined = undefined;
  at: string | undefined = undefined;
  /** takes messages with a guarantee */
  readonly deliverable: boolean = false;
  /** its processes are stored, and what is delivered to them */
  readonly durable: boolean = false;
  /** terms of what is delivered to them */
  readonly delivery: DeliveryDefaults | undefined = undefined;
  private lastCast: string | null = null;
  private lastCastOp: Op | undefined = undefined;
  private lastCall: string | null = null;
  private lastCallOp: Op | undefined = undefined;
  constructor(
    readonly name: string,
    readonly trapExit: boolean,
    readonly init: ((this: unknown, ...args: unknown[]) => unknown) | null,
    readonly terminate: OpRun | null,
    readonly calls: ReadonlyMap<string, Op>,
    readonly casts: ReadonlyMap<string, Op>,
  ) {}

  /**
   * For crash reports, where the definition was given no name of its own: what it can do tells
   * people who it was.
   */
  get unnamed(): { readonly operations: readonly string[] } | undefined {
    if (!NAMES_OF_NONE.has(this.name)) return undefined;
    const operations = [...this.calls.keys(), ...this.casts.keys()].slice(0, OPERATIONS_SHOWN);
    return operations.length === 0 ? undefined : { operations };
  }

  /** The self of a new incarnation. */
  abstract instance(p: Process): Instance;

  /**
   * The cast of that name; the last one is remembered, because senders repeat themselves and a Map
   * costs a call.
   */
  castOp(name: string): Op | undefined {
    if (name === this.lastCast) return this.lastCastOp;
    return this.findCast(name);
  }

  callOp(name: string): Op | undefined {
    if (name === this.lastCall) return this.lastCallOp;
    return this.findCall(name);
  }

  private findCast(name: string): Op | undefined {
    const op = this.casts.get(name);
    if (op === undefined) return undefined;
    this.lastCast = name;
    this.lastCastOp = op;
    return op;
  }

  private findCall(name: string): Op | undefined {
    const op = this.calls.get(name);
    if (op === undefined) return undefined;
    this.lastCall = name;
    this.lastCallOp = op;
    return op;
  }
}

shownAs(RuntimeDefinition, (it) => `Definition(${it.name})`);

/** The run-time side of a public definition; refuses anything that no `define…` of ours made. */
export function runtimeOf(definition: AnyDefinition): RuntimeDefinition {
  if (definition instanceof RuntimeDefinition) return definition;
  throw new OptionError(
    'definition', definition, 'what defineAgent or defineStatem returned',
    'pass the definition itself, not its parts',
  );
}

