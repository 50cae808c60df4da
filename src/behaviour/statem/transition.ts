import { DELAY_MAX_MS, OptionError } from '../../base/index.js';
import { Request } from '../../router/index.js';
import { Control } from '../gen/control.js';
import type { AnyStatem, InsertedEvent } from './types.js';
import type { From } from '../gen/types.js';

/** When a timeout is due: in so many ms; at that reading of `self.now()`; or what to do with a running one. */
export type When = number | 'infinity' | 'cancel' | 'update' | { readonly at: number };

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

/**
 * What a state callback decides: where to go, and actions in the order in which they are written (SM-04). Made by
 * `self.keep`, `self.next`, `self.repeat` and `self.stop`, and returned (or thrown, SM-18); one that is not returned does
 * nothing. Replies are sent in that order as soon as the callback has returned; for `postpone`, `hibernate` and each
 * timeout the last one wins.
 *
 * Errors: a wrong argument is an OptionError `BAD_ACTION` at the call.
 *
 * @example
 * const Turnstile = defineStatem({
 *   init: () => ({ state: 'locked', data: { coins: 0 } }),
 *   states: {
 *     locked: { calls: { coin(self) { self.data.coins++; return self.next('open').reply('thanks').stateTimeout(10_000); } } },
 *     open: { calls: { coin: () => 'no need' }, stateTimeout: (self) => self.next('locked') },
 *   },
 * });
 * const turnstile = system.start(Turnstile);
 * await turnstile.call('coin'); // => 'thanks'
 * await turnstile.call('coin'); // => 'no need'
 * @since 0.2.0
 */
export class Transition<out R> extends Control {
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

  /** answers the call that is being handled */
  reply<V>(value: V): Transition<R | V> {
    return this.with({ kind: 'reply', from: this.caller('reply'), value });
  }

  /** answers a call that was left unanswered before; to one that is over it does nothing */
  replyTo(from: From, value: unknown): this {
    return this.with({ kind: 'reply', from: request('replyTo', from), value });
  }

  /** an error to the caller of the call that is being handled */
  refuse(code: string, details?: unknown): this {
    return this.with({ kind: 'refuse', from: this.caller('refuse'), code: String(code), details });
  }

  /** the event comes again after the next change of state, before any event from outside (SM-05) */
  postpone(on: boolean = true): this {
    return this.with({ kind: 'postpone', on: flag('postpone', on) });
  }

  /** an event of any type, to be handled before everything that is queued (SM-07); it is not checked by a schema */
  nextEvent(event: InsertedEvent): this {
    const given = event as InsertedEvent | null;
    if (typeof given !== 'object' || given === null || !EVENT_TYPES.has(given.type)) {
      throw bad('nextEvent', event, `an event whose type is one of ${[...EVENT_TYPES].join(', ')}`);
    }
    if (given.type === 'call') request('nextEvent.from', given.from);
    if (given.type === 'genericTimeout') timeoutName('nextEvent.name', given.name);
    return this.with({ kind: 'nextEvent', event });
  }

  /** an event that only the machine itself can make (SM-09) */
  internal(content?: unknown): this {
    return this.with({ kind: 'nextEvent', event: { type: 'internal', content } });
  }

  /** the event timeout: due unless any event comes first (SM-10); 0 is due before any event from outside (SM-13) */
  timeout(when: When, content?: unknown): this {
    return this.timed('timeout', EVENT_TIMEOUT, when, content);
  }

  /** the state timeout: due unless the state changes first; set with a change it belongs to the new state (SM-11) */
  stateTimeout(when: When, content?: unknown): this {
    return this.timed('stateTimeout', STATE_TIMEOUT, when, content);
  }

  /** a timeout of that name, due whatever happens, unless it is set anew or cancelled (SM-12) */
  genericTimeout(name: string, when: When, content?: unknown): this {
    return this.timed('genericTimeout', timeoutName('genericTimeout.name', name), when, content);
  }

  /** a hint: give spare storage back when nothing is queued after this (SM-22) */
  hibernate(on: boolean = true): this {
    return this.with({ kind: 'hibernate', on: flag('hibernate', on) });
  }

  /** other callbacks from now on, those of the enter call included (SM-21); the protocol of the refs stays */
  changeModule(definition: AnyStatem): this {
    return this.with({ kind: 'module', how: 'change', definition });
  }

  /** the same, to be undone by `popModule` */
  pushModule(definition: AnyStatem): this {
    return this.with({ kind: 'module', how: 'push', definition });
  }

  /** back to the callbacks before the last `pushModule`; ends the machine with BAD_ACTION when there are none */
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
        `stop.${action.kind}`, action.kind, 'only replies with stop', 'leave the action out', 'BAD_REPLY_ACTION',
      );
    }
    (this.actions ??= []).push(action);
    return this;
  }
}

/**
 * Actions for `init`, which has no state to leave yet (SM-27).
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
