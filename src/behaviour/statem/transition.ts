import type * as api from '../../api/statem.js';
import { DELAY_MAX_MS, OptionError } from '../../base/index.js';
import { Request } from '../../router/request/index.js';
import type { From } from '../../api/agent.js';
import { Control } from '../../api/returns.js';
import type { AnyStatem, InsertedEvent, When } from '../../api/statem.js';

/** The key of a timeout: the two unnamed ones, or a generic one's name. */
export const EVENT_TIMEOUT: unique symbol = Symbol('timeout');
export const STATE_TIMEOUT: unique symbol = Symbol('stateTimeout');
export type TimeoutKey = typeof EVENT_TIMEOUT | typeof STATE_TIMEOUT | string;

export interface TimeoutAction {
  readonly kind: 'timeout';
  readonly key: TimeoutKey;
  readonly when: When;
  readonly content: unknown;
}
export type Action =
  | TimeoutAction
  | { readonly kind: 'reply'; readonly from: Request; readonly value: unknown }
  | { readonly kind: 'refuse'; readonly from: Request; readonly code: string; readonly details: unknown }
  | { readonly kind: 'nextEvent'; readonly event: InsertedEvent }
  | { readonly kind: 'postpone' | 'hibernate'; readonly on: boolean }
  | { readonly kind: 'module'; readonly how: 'change' | 'push' | 'pop'; readonly definition: AnyStatem | null };

export const Move = { Keep: 0, Next: 1, Repeat: 2, Stop: 3 } as const;
export type Move = (typeof Move)[keyof typeof Move];

const EVENT_TYPES: ReadonlySet<unknown> =
  new Set(['call', 'cast', 'info', 'internal', 'timeout', 'stateTimeout', 'genericTimeout']);

/** See `Transition` of api. */
export class Transition<out R> extends Control implements api.Transition<R> {
  /** carries the type of the reply; there is nothing at run time */
  declare readonly replies?: R;
  readonly kind = 'transition' as const;
  /** @internal */
  actions: Action[] | null = null;
  /** @internal */
  constructor(
    readonly move: Move,
    readonly target: unknown,
    /** the call that `reply` answers, if there is one */
    private readonly call: unknown,
  ) {
    super();
  }

  reply<V>(value: V): Transition<R | V> {
    return this.with({ kind: 'reply', from: this.caller('reply'), value });
  }

  replyTo(from: From, value: unknown): this {
    return this.with({ kind: 'reply', from: request('replyTo', from), value });
  }

  refuse(code: string, details?: unknown): this {
    return this.with({ kind: 'refuse', from: this.caller('refuse'), code: String(code), details });
  }

  postpone(on: boolean = true): this {
    return this.with({ kind: 'postpone', on: flag('postpone', on) });
  }

  nextEvent(event: InsertedEvent): this {
    const given = event as InsertedEvent | null;
    if (typeof given !== 'object' || given === null || !EVENT_TYPES.has(given.type)) {
      throw bad('nextEvent', event, `an event whose type is one of ${[...EVENT_TYPES].join(', ')}`);
    }
    if (given.type === 'call' && request('nextEvent.from', given.from).guaranteed) {
      throw bad(
        'nextEvent.from', given.op, 'a call that is no delivery', 'postpone its event, or insert a cast',
        'NOT_DELIVERABLE',
      );
    }
    if (given.type === 'genericTimeout') timeoutName('nextEvent.name', given.name);
    return this.with({ kind: 'nextEvent', event });
  }

  internal(content?: unknown): this {
    return this.with({ kind: 'nextEvent', event: { type: 'internal', content } });
  }

  timeout(when: When, content?: unknown): this {
    return this.timed('timeout', EVENT_TIMEOUT, when, content);
  }

  stateTimeout(when: When, content?: unknown): this {
    return this.timed('stateTimeout', STATE_TIMEOUT, when, content);
  }

  genericTimeout(name: string, when: When, content?: unknown): this {
    return this.timed('genericTimeout', timeoutName('genericTimeout.name', name), when, content);
  }

  hibernate(on: boolean = true): this {
    return this.with({ kind: 'hibernate', on: flag('hibernate', on) });
  }

  changeModule(definition: AnyStatem): this {
    return this.with({ kind: 'module', how: 'change', definition });
  }

  pushModule(definition: AnyStatem): this {
    return this.with({ kind: 'module', how: 'push', definition });
  }

  popModule(): this {
    return this.with({ kind: 'module', how: 'pop', definition: null });
  }

  private timed(verb: string, key: TimeoutKey, when: When, content: unknown): this {
    return this.with({ kind: 'timeout', key, when: checkWhen(verb, when), content });
  }

  private caller(verb: string): Request {
    if (this.call instanceof Request) return this.call;
    throw bad(
      verb, this.call, 'a call that is being handled', 'use replyTo(from, value) to answer an earlier call',
      'BAD_REPLY_ACTION',
    );
  }

  private with(action: Action): this {
    if (this.move === Move.Stop && action.kind !== 'reply' && action.kind !== 'refuse') {
      throw bad(
        `stop.${action.kind}`, action.kind, 'only replies with stop', 'leave the action out',
        'BAD_REPLY_ACTION',
      );
    }
    (this.actions ??= []).push(action);
    return this;
  }
}

/**
 * Actions for `init`, which has no state to leave yet.
 *
 * @example
 * const Timer = defineStatem({
 *   init: (ms: number) => ({ state: 'running', data: null, actions: actions().stateTimeout(ms) }),
 *   states: { running: { calls: { state: (self) => self.state }, stateTimeout: (self) => self.stop() } },
 * });
 * await system.start(Timer, 1_000).call('state') // => 'running'
 * @since 0.2.0
 */
export function actions(): Transition<never> {
  return new Transition(Move.Keep, undefined, null);
}

export function bad(
  verb: string, value: unknown, rule: string, fix?: string, code: string = 'BAD_ACTION',
): OptionError {
  return new OptionError(verb, value, rule, fix, code);
}

function request(verb: string, from: unknown): Request {
  if (from instanceof Request) return from;
  throw bad(verb, from, 'what self.from was during a call', 'keep self.from in the data', 'BAD_REPLY_ACTION');
}

function flag(verb: string, on: unknown): boolean {
  if (typeof on === 'boolean') return on;
  throw bad(verb, on, 'true or false');
}

function timeoutName(verb: string, name: unknown): string {
  if (typeof name === 'string') return name;
  throw bad(verb, name, 'a text');
}

function checkWhen(verb: string, when: unknown): When {
  if (when === 'infinity' || when === 'cancel' || when === 'update') return when;
  if (typeof when === 'object' && when !== null) {
    const { at } = when as { at?: unknown };
    if (typeof at === 'number' && Number.isFinite(at)) return when as When;
  } else if (typeof when === 'number' && Number.isInteger(when) && when >= 0 && when <= DELAY_MAX_MS) {
    return when;
  }
  throw bad(verb, when, "whole ms from 0, { at: ms }, 'infinity', 'cancel' or 'update'");
}
