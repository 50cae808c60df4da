import type { AgentStats, AnyDefinition, From, Pid, System } from '../../../src/index.js';
import {
  defineStatem, defineStatemHandler, operation, type InsertedEvent, type StatemSelf,
  type Transition,
} from '../../../src/behaviour/statem/public.js';

export type State = 'a' | 'b' | 'c';
export interface Data { n: number }
export type Self = StatemSelf<State, Data>;
export type Decide = (
  self: Self, event: InsertedEvent | { readonly type: 'enter'; readonly content: State },
  from: From | undefined,
) => Transition<unknown> | undefined | void;

/** `what` of an event, as the traces write it. */
function contentOf(event: Parameters<Decide>[1]): unknown {
  if (event.type === 'call' || event.type === 'cast') return event.payload;
  if (event.type === 'info') return event.message;
  return event.type === 'genericTimeout' ? `${event.name}:${String(event.content)}` : event.content;
}

export const MODES = ['a table of handlers per state', 'one handler'] as const;
export type Mode = (typeof MODES)[number];

/**
 * A machine that writes every callback into `log` and does what `decide` says; the same in both
 * callback modes.
 */
export function traced(mode: Mode, log: string[], decide: Decide, options: {
  readonly initial?: State;
  readonly actions?: Transition<unknown>;
  readonly trapExit?: boolean;
  readonly terminated?: (self: Self) => void
} = {}) {
  const init = (): { state: State; data: Data; actions?: Transition<unknown> } => ({
    state: options.initial ?? 'a', data: { n: 0 },
    ...(options.actions === undefined ? {} : { actions: options.actions }),
  });
  const at = (self: Self, event: Parameters<Decide>[1]): Transition<unknown> | undefined => {
    log.push(`${event.type} ${String(contentOf(event))} in ${self.state}`);
    return decide(self, event, self.from) ?? undefined;
  };
  const enter =
    (self: Self, from: State): Transition<unknown> | undefined => at(self, { type: 'enter', content: from });
  const terminate = (self: Self, reason: unknown): void => {
    log.push(`terminate ${reasonText(reason)} in ${self.state}`);
    options.terminated?.(self);
  };
  const trapExit = options.trapExit ?? false;
  if (mode === 'one handler') {
    return defineStatemHandler({
      name: 'traced', trapExit, init, enter, terminate,
      calls: { ask: operation<string>() },
      casts: { tell: operation<string>() },
      handle: (self, event) => at(self, event),
    });
  }
  const state = {
    enter,
    calls: { ask: (self: Self, payload: string): unknown =>
      at(self, { type: 'call', op: 'ask', payload, from: self.from as From }) ?? self.keep() },
    casts: { tell: (self: Self, payload: string) => at(self, { type: 'cast', op: 'tell', payload }) },
    info: (self: Self, message: unknown) => at(self, { type: 'info', message }),
    internal: (self: Self, content: unknown) => at(self, { type: 'internal', content }),
    timeout: (self: Self, content: unknown) => at(self, { type: 'timeout', content }),
    stateTimeout: (self: Self, content: unknown) => at(self, { type: 'stateTimeout', content }),
    timeouts: {
      g: (self: Self, content: unknown) => at(self, { type: 'genericTimeout', name: 'g', content }),
      h: (self: Self, content: unknown) => at(self, { type: 'genericTimeout', name: 'h', content }),
    },
  };
  return defineStatem({ name: 'traced', trapExit, init, terminate, states: { a: state, b: state, c: state } });
}

/** Started; both modes have this protocol. */
export interface TracedRef {
  readonly pid: Pid | undefined;
  cast(op: 'tell', payload: string): void;
  call(op: 'ask', payload: string): Promise<unknown>;
  send(message: unknown): void;
  stats(): AgentStats;
}

export function startTraced(
  system: System, mode: Mode, log: string[], decide: Decide, options: Parameters<typeof traced>[3] = {},
): TracedRef {
  return system.start(traced(mode, log, decide, options) as AnyDefinition) as never;
}

function reasonText(reason: unknown): string {
  const code = (reason as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : reason instanceof Error ? reason.message : String(reason);
}
