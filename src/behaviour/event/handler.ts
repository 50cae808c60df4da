import { OptionError } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { printable, toldAs } from '../../base/text/index.js';
import type { Process } from '../../process/record/index.js';
import { checkFunctions, checkKnown, checkLife, ProcessVerbsImpl } from '../gen/index.js';
import type { Pid } from '../../api/address.js';
import type {
  AnyEventHandler, EventHandler, EventHandlerSpec, HandlerEnd, HandlerInfo, HandlerKey,
} from '../../api/events.js';
import { Refusal } from '../../api/returns.js';

type Callback<A extends unknown[]> = (self: InstalledHandler, ...args: A) => unknown;

/** The run-time side of EventHandler. */
export class HandlerDefinition implements AnyEventHandler {
  constructor(
    readonly name: string,
    readonly init: ((this: InstalledHandler, ...args: unknown[]) => unknown) | null,
    readonly event: Callback<[unknown]> | null,
    readonly calls: ReadonlyMap<string, Callback<[unknown]>>,
    readonly info: Callback<[unknown]> | null,
    readonly terminate: Callback<[HandlerEnd]> | null,
    readonly codeChange: Callback<[unknown, unknown]> | null,
    readonly formatStatus: ((state: unknown) => unknown) | null,
  ) {}

  as(id: unknown): { readonly handler: HandlerDefinition; readonly id: unknown } {
    return { handler: this, id };
  }
}

const CALLBACKS = ['init', 'event', 'info', 'terminate', 'codeChange', 'formatStatus'] as const;
const KEYS = ['name', 'calls', ...CALLBACKS];

/**
 * Defines an event handler: what an event manager runs for every event. Many handlers live in one
 * manager; each has its own state, and one that throws is removed alone. Callbacks may be async;
 * the manager takes them one at a time.
 *
 * Errors: an unknown key or a callback that is no function is an OptionError at once.
 *
 * @example
 * const Log = defineEventHandler({
 *   init: (prefix: string) => ({ prefix, lines: [] as string[] }),
 *   event(self, text: string) { self.state.lines.push(self.state.prefix + text); },
 *   calls: { lines: (self) => self.state.lines },
 * });
 * const events = system.ref(EventManager, system.start(EventManager));
 * await events.addHandler(Log, '> ');
 * events.notify('hello');
 * await events.call(Log, 'lines'); // => ['> hello']
 * @since 0.2.0
 */
export function defineEventHandler<A extends unknown[] = [], R = undefined, C = Record<never, never>>(
  spec: EventHandlerSpec<A, R, C>,
): EventHandler<A, R, C> {
  if (typeof spec !== 'object' || spec === null) {
    throw new OptionError(
      'defineEventHandler', spec, 'an object of callbacks', 'defineEventHandler({ init, event, calls, … })',
    );
  }
  checkKnown('defineEventHandler', spec, KEYS);
  checkLife('defineEventHandler', spec);
  checkFunctions('defineEventHandler', spec, CALLBACKS);
  const name = spec.name ?? 'handler';
  const { init, event, info, terminate, codeChange, formatStatus } =
    spec as never as { readonly [N in (typeof CALLBACKS)[number]]?: never };
  return new HandlerDefinition(name, init
    ?? null, event ?? null, tableOf(name, spec.calls), info ?? null, terminate
    ?? null, codeChange ?? null, formatStatus ?? null);
}

// A Map, so that `constructor` and `__proto__` are unknown operations like any other.
function tableOf(name: string, calls: unknown): Map<string, Callback<[unknown]>> {
  const table = new Map<string, Callback<[unknown]>>();
  if (calls === undefined) return table;
  if (typeof calls !== 'object' || calls === null) {
    throw new OptionError(`${name}.calls`, calls, 'an object of handlers by operation');
  }
  for (const [op, run] of Object.entries(calls)) {
    if (typeof run !== 'function') throw new OptionError(`${name}.calls.${op}`, run, 'a function');
    table.set(op, run as Callback<[unknown]>);
  }
  return table;
}

/** A key, taken apart; refuses what `defineEventHandler` did not make. */
export function keyOf(
  where: string, key: unknown,
): { readonly handler: HandlerDefinition; readonly id: unknown } {
  const { handler, id } = key instanceof HandlerDefinition
    ? { handler: key, id: undefined }
    : ((key ?? {}) as { handler?: unknown; id?: unknown });
  if (handler instanceof HandlerDefinition) return { handler, id };
  throw new OptionError(where, key, 'an event handler', 'pass what defineEventHandler returned, or its as(id)');
}

/** What a callback asked for, to be done when it has returned. */
export type Wish = { readonly swap: false } | {
  readonly swap: true;
  readonly args: unknown;
  readonly to: HandlerDefinition;
  readonly id: unknown;
  readonly init: readonly unknown[]
};

/** One handler of a manager, and the `self` of its callbacks. */
export class InstalledHandler extends ProcessVerbsImpl {
  state: unknown = undefined;
  /** the state as of the last callback that returned */
  committed: unknown = undefined;
  wish: Wish | null = null;
  /** whose end is its end */
  adder: Process | null = null;
  constructor(
    manager: Process,
    readonly handler: HandlerDefinition,
    readonly id: unknown,
    readonly swapped: { readonly found: boolean; readonly result: unknown } | undefined,
  ) {
    super(manager);
  }

  is(handler: HandlerDefinition, id: unknown): boolean {
    return this.handler === handler && Object.is(this.id, id);
  }

  refuse(code: string, details?: unknown): Refusal {
    return new Refusal(String(code), details);
  }

  remove(): void {
    this.wish = { swap: false };
  }

  swap(args: unknown, to: HandlerKey<AnyEventHandler>, ...init: unknown[]): void {
    const { handler, id } = keyOf('swap.to', to);
    this.wish = { swap: true, args, to: handler, id, init };
  }

  hibernate(): void {
    (this.p.self as { hibernate(): void } | null)?.hibernate();
  }

  get key(): HandlerInfo {
    return { handler: this.handler, id: this.id };
  }
}

/**
 * Arrives in `info` or `receive` of the process that supervises a handler, when that handler is gone: `normal`
 * when it was deleted or removed itself, `shutdown` when the manager ended, `{ swapped, by }` when
 * another took its place, else what it crashed with.
 *
 * @example
 * const exit = new HandlerExit('bank.x.1' as Pid, { handler: defineEventHandler({}), id: 1 }, 'normal');
 * exit.tag // => 'HANDLER_EXIT'
 * @since 0.2.0
 */
export class HandlerExit {
  readonly tag = 'HANDLER_EXIT' as const;
  constructor(
    /** the manager */
    readonly pid: Pid,
    readonly key: HandlerInfo,
    readonly reason: ExitReason,
  ) {}
}

toldAs(HandlerExit, ({ pid, reason }) => `HandlerExit(${pid}: ${printable(reason)})`);
