/* Registries and patterns: what they are told, and what they tell. */

import type { Pid, Target } from './address.js';

/**
 * Matches every value, anywhere in a pattern: Erlang's `_`. As a key of a registry it is a key like any other.
 *
 * @example
 * const Rooms = defineRegistry<string, { topic: string; seats: number }>({ keys: 'duplicate', name: 'rooms' });
 * system.start(Rooms, { name: 'rooms' });
 * system.ref(Rooms).countMatch('blue', { topic: 'bees', seats: anything }) // => 0
 * @since 0.2.0
 */
export const anything: unique symbol = Symbol('anything');

/**
 * A pattern for a value: `anything`; a function, which decides; an array, which must have the same
 * length and match item by item; a plain object, whose fields must be there and match, others may
 * be there too; any other value is itself, compared as a Map compares keys (1 is not '1', NaN is
 * NaN).
 */
export type Pattern<V> = typeof anything | ((value: V) => boolean) | (V extends readonly unknown[]
  ? { readonly [I in keyof V]: Pattern<V[I]> }
  : V extends object ? { readonly [N in keyof V]?: Pattern<V[N]> } : V);

/** What `defineRegistry` takes. */
export interface RegistrySpec {
  /** the default of `system.ref`, and shown in trees and errors; default `registry` */
  readonly name?: string;
  /** `unique`: one owner per key. `duplicate`: any number, also several entries of one process */
  readonly keys: 'unique' | 'duplicate';
  /** get a RegistryEvent for each explicit register and unregister, none when an owner ends: monitor it */
  readonly listeners?: readonly Target[];
}

/** One entry of a key. */
export interface RegistryEntry<V> {
  readonly pid: Pid;
  readonly value: V;
}

/** One entry as `select` finds it. */
export interface RegistryRow<K, V> extends RegistryEntry<V> {
  readonly key: K;
}

/** What `select` looks for; what is left out matches everything. */
export interface RegistryQuery<K, V> {
  readonly key?: Pattern<K>;
  readonly pid?: Pattern<Pid>;
  readonly value?: Pattern<V>;
  /** has the last word, over the whole entry */
  readonly where?: (row: RegistryRow<K, V>) => boolean;
}

/** Whether a key was taken, or who has it. */
export type Registered = { readonly ok: true } | { readonly ok: false; readonly alreadyRegistered: Pid };

/** The new value and the one before it, or that there is no such entry of this process. */
export type Updated<V> = { readonly ok: true; readonly value: V; readonly previous: V }
  | { readonly ok: false };

/** Who can be a member: a live process of this system, by self, ref or pid. */
export type Member = Pid | { readonly pid: Pid | undefined };
