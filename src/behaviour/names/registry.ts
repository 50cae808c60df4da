import {
  adopt, atOnce, callError, markHandled, OptionError, parseOptions, z,
} from '../../base/index.js';
import { printable, toldAs } from '../../base/text/index.js';
import { isOurs, Phase } from '../../process/record/index.js';
import type { Address, Process } from '../../process/record/index.js';
import { matches, RegistryTable, via } from '../../router/names/index.js';
import type { Entry, Locks, NoLock } from '../../router/names/index.js';
import { addressName } from '../../router/request/index.js';
import { addressOf, callerOf, needed, rejected, runtimeOf } from '../gen/index.js';
import type { Host } from '../gen/index.js';
import type { HandlePlaceImpl } from '../gen/request/index.js';
import { ServerDefinition } from '../gen/server/index.js';
import type { AgentSelf } from '../gen/server/index.js';
import type { AnyDefinition, Definition, HasHandle } from '../../api/protocol.js';
import type { Pid, Target, Via, ViaProvider } from '../../api/address.js';
import type { ProcessVerbs } from '../../api/agent.js';
import {
  anything, type Pattern, type Registered, type RegistryEntry, type RegistryQuery, type RegistryRow,
  type RegistrySpec, type Updated,
} from '../../api/names.js';

/** What `defineRegistry` returns: start it like any agent, use it through `system.ref`. */
export interface RegistryDefinition<K, V>
  extends Definition<[], object, Record<never, never>, Record<never, never>>, HasHandle<RegistryRef<K, V>> {
  /** carries the types; there is nothing at run time */
  readonly entry?: { readonly key: K; readonly value: V };
}

type ValueArgs<V> = undefined extends V ? [value?: V] : [value: V];

/**
 * Arrives in `info` of a registry's listeners: somebody registered or unregistered a key by an explicit call.
 *
 * @example
 * new RegistryEvent('register', 'rooms', 'blue', 'bank.x.1' as Pid, undefined).tag // => 'REGISTRY'
 * @since 0.2.0
 */
export class RegistryEvent {
  readonly tag = 'REGISTRY' as const;
  constructor(
    readonly change: 'register' | 'unregister',
    /** the name of the registry, else its pid */
    readonly registry: string,
    readonly key: unknown,
    readonly pid: Pid,
    readonly value: unknown,
  ) {}
}

toldAs(RegistryEvent, ({ change, registry, key, pid }) =>
  `RegistryEvent(${change} ${printable(key)} in ${registry}: ${pid})`);

interface Settings {
  readonly unique: boolean;
  readonly listeners: readonly Target[];
}

const schema = z.strictObject({
  name: z.string({ error: 'a text' }).optional(),
  keys: z.enum(['unique', 'duplicate'], { error: "'unique' or 'duplicate'" }),
  listeners: z.array(z.unknown(), { error: 'an array of names, pids or refs' }).optional(),
}, { error: 'an object' });

/**
 * Defines a registry: a process that keeps keys, their owners and a value for each (Elixir's
 * Registry). It is started like an agent, under a supervisor or alone, and used through
 * `system.ref(definition, name)`.
 *
 * Keys are compared as a Map compares them: texts and numbers by value, 1 is not '1', objects by identity. An
 * owner is linked to the registry while it has entries; its entries are gone before anybody hears of its end.
 *
 * Errors: an OptionError for bad options.
 *
 * @example
 * const Rooms = defineRegistry<string, { seats: number }>({ name: 'rooms', keys: 'unique' });
 * await system.supervise({ children: [child('rooms', Rooms)] });
 * const Room = defineAgent({ casts: { open(self, seats: number) { system.ref(Rooms).register(self, 'blue', { seats }); } } });
 * const room = system.start(Room);
 * room.cast('open', 12);
 * await new Promise(setImmediate);
 * system.ref(Rooms).lookup('blue') // => [{ pid: room.pid, value: { seats: 12 } }]
 * @since 0.2.0
 */
export function defineRegistry<K = string, V = undefined>(spec: RegistrySpec): RegistryDefinition<K, V> {
  const read = parseOptions('defineRegistry', schema, spec);
  const unique = read.keys === 'unique';
  const definition = new ServerDefinition({
    name: read.name ?? 'registry',
    trapExit: true, // owners end for their own reasons (RY-13)
    init(this: AgentSelf): object { return new RegistryTable(this.p, unique); },
    info: () => undefined,
  });
  const settings = { unique, listeners: (read.listeners ?? []) as Target[] };
  return Object.assign(definition, {
    handleAt: ({ host, addr }: HandlePlaceImpl): RegistryRef<K, V> => new RegistryRef(host, definition, settings, addr),
    at: definition.name,
  });
}

/**
 * A registry by name or pid; made by `system.ref`. Every use looks it up and acts at once, without
 * a message: what one process registers the next line of any other sees. Where no such registry
 * runs, every use throws an OptionError with code UNKNOWN_REGISTRY.
 *
 * Verbs that act for a process take its `self` first, also after an await. Those of a process that
 * has ended do nothing and count as zombies; the ones that have an answer throw.
 *
 * @example
 * const Rooms = defineRegistry<string>({ name: 'rooms', keys: 'unique' });
 * system.start(Rooms, { name: 'rooms' });
 * const rooms = system.ref(Rooms);
 * const Room = defineAgent({ calls: { topic: () => 'bees' } });
 * system.start(Room, { name: rooms.via('blue') });
 * await system.ref(Room, rooms.via('blue')).call('topic') // => 'bees'
 * @since 0.2.0
 */
export class RegistryRef<K, V> implements ViaProvider<K> {
  readonly #host: Host;
  readonly #definition: AnyDefinition;
  readonly #settings: Settings;
  readonly #addr: Address;

  /** @internal Use `system.ref`. */
  constructor(host: Host, definition: AnyDefinition, settings: Settings, addr: Address) {
    this.#host = host;
    this.#definition = definition;
    this.#settings = settings;
    this.#addr = addr;
  }

  /** One owner per key? */
  get unique(): boolean {
    return this.#settings.unique;
  }

  /** Of the registry's process; undefined while none runs. */
  get pid(): Pid | undefined {
    return this.#addr.owner?.pid;
  }

  /**
   * Registers the calling process; in a unique registry a key has one owner, and a second try fails
   * for that one too.
   */
  register(self: ProcessVerbs, key: K, ...value: ValueArgs<V>): Registered {
    return this.#add(needed(self, 'register'), key, value[0]);
  }

  /** Removes all entries that the calling process has at that key; none is fine. */
  unregister(self: ProcessVerbs, key: K): void {
    this.unregisterMatch(self, key, anything);
  }

  /** The same for those whose value matches. */
  unregisterMatch(self: ProcessVerbs, key: K, pattern: Pattern<V>): void {
    const p = callerOf(self, 'unregister');
    if (p !== null) this.#remove(p, key, pattern);
  }

  /** Everybody who has that key, in the order of registration. */
  lookup(key: K): RegistryEntry<V>[] {
    return this.#table().at(key).map(shown<V>);
  }

  /** The same, of those whose value matches. */
  match(key: K, pattern: Pattern<V>): RegistryEntry<V>[] {
    return this.#table().at(key).filter((entry) => matches(pattern, entry.value)).map(shown<V>);
  }

  /** Entries of that key whose value matches. */
  countMatch(key: K, pattern: Pattern<V>): number {
    return this.match(key, pattern).length;
  }

  /** Entries of all keys that match; here `anything` is a wildcard also for the key. O(entries). */
  select(query: RegistryQuery<K, V> = {}): RegistryRow<K, V>[] {
    const { key = anything, pid = anything, value = anything, where } = query;
    const fits =
      (entry: Entry): boolean => matches(key, entry.key) && matches(pid, entry.p.pid)
        && matches(value, entry.value);
    const rows = this.#table().all().filter(fits).map(
      (entry) => ({ key: entry.key as K, pid: entry.p.pid, value: entry.value as V }),
    );
    return where === undefined ? rows : rows.filter((row) => atOnce('select.where', where(row)));
  }

  /** How many `select` finds. */
  countSelect(query: RegistryQuery<K, V> = {}): number {
    return this.select(query).length;
  }

  /** The keys of one process, a key once for each entry. */
  keys(of: Target): K[] {
    const p = addressOf(this.#host, of).owner;
    const table = this.#table();
    return p === null ? [] : table.owned(p).map((entry) => entry.key as K);
  }

  /** The values that one process has at a key. */
  values(key: K, of: Target): V[] {
    const p = addressOf(this.#host, of).owner;
    const table = this.#table();
    return p === null ? [] : table.at(key).filter((entry) => entry.p === p).map((entry) => entry.value as V);
  }

  /** All entries. */
  count(): number {
    return this.#table().size;
  }

  /** Changes the value of the calling process's own entry, in a unique registry only. */
  updateValue(self: ProcessVerbs, key: K, change: (value: V) => V): Updated<V> {
    const p = needed(self, 'updateValue');
    if (!this.unique) {
      throw new OptionError(
        'updateValue', key, 'a registry with unique keys',
        'a process may have several entries at a key of this one: unregister and register', 'DUPLICATE_KEYS',
      );
    }
    const entry = this.#table().at(key).find((one) => one.p === p);
    if (entry === undefined) return { ok: false };
    const previous = entry.value as V;
    entry.value = atOnce('updateValue', change(previous));
    return { ok: true, value: entry.value as V, previous };
  }

  /**
   * Calls `fn` at once with all entries of a key and returns what it returns; not at all when there
   * are none. What it throws goes through.
   */
  dispatch<R>(key: K, fn: (entries: RegistryEntry<V>[]) => R): R | undefined {
    const entries = this.lookup(key);
    return entries.length === 0 ? undefined : fn(entries);
  }

  /**
   * Runs `fn` while no other holder of the same lock key runs: first come, first served, ended by
   * its return, its throw or the death of the calling process. Lock keys have nothing to do with
   * registered ones. It waits as long as it takes; a process that locks a key inside its own lock
   * of that key waits for itself. Rejects with what `fn` throws, or a CallError: ZOMBIE when the
   * process has ended, EXIT when the registry ended before its turn came. A rejection with an error
   * of `fn` that nobody looks at is an unhandled one.
   */
  lock<T>(self: ProcessVerbs, key: unknown, fn: () => T | PromiseLike<T>): Promise<T> {
    if (typeof fn !== 'function') throw new OptionError('lock.fn', fn, 'a function');
    const p = callerOf(self, 'lock');
    // A rejection: a dead incarnation that loops over a lock leaves the event loop its turns (P8).
    if (p === null) {
      return rejected(this.#host.kernel, 'ZOMBIE', addressName(this.#addr), 'lock', { reason: 'owner ended' });
    }
    return p.kernel.answer(
      lockFor(this.#table().locks, p, key, fn, addressName(this.#addr)),
      { ours: (error) => isOurs(p, null, error) },
    );
  }

  /** What `putMeta` left under that key, or undefined. */
  meta(key: unknown): unknown {
    return this.#table().meta.get(key);
  }

  /** Keeps something with the registry, for the life of its process. */
  putMeta(key: unknown, value: unknown): void {
    this.#table().meta.set(key, value);
  }

  deleteMeta(key: unknown): void {
    this.#table().meta.delete(key);
  }

  /** The key as a name for `start`, `child`, `ref` and as a target; the started process has `value` there. */
  via(key: K, ...value: ValueArgs<V>): Via<K> {
    return via(this, key, value[0]);
  }

  /** The provider's side of `via`. */
  registerName(key: K, pid: Pid, value?: unknown): boolean {
    const p = this.#host.kernel.byPid(pid);
    return p !== undefined && this.#add(p, key, value).ok;
  }

  /** The provider's side of `via`. */
  unregisterName(key: K): void {
    const p = this.#table().ownerOf(key);
    if (p !== null) this.#remove(p, key, anything);
  }

  /** Who has a key of a unique registry; never a process that has ended. */
  whereisName(key: K): Pid | undefined {
    return this.#table().ownerOf(key)?.pid;
  }

  #add(p: Process, key: K, value: unknown): Registered {
    const owner = this.#table().add(p, key, value);
    if (owner !== null) return { ok: false, alreadyRegistered: owner.pid };
    this.#tell('register', p, key, value);
    return { ok: true };
  }

  #remove(p: Process, key: K, pattern: unknown): void {
    const table = this.#table();
    for (const entry of table.at(key)) {
      if (entry.p !== p || !matches(pattern, entry.value)) continue;
      table.remove(entry);
      this.#tell('unregister', p, key, entry.value);
    }
  }

  #tell(change: 'register' | 'unregister', p: Process, key: K, value: unknown): void {
    for (const to of this.#settings.listeners) {
      this.#host.router.send(
        addressOf(this.#host, to), new RegistryEvent(change, addressName(this.#addr), key, p.pid, value), p,
      );
    }
  }

  #table(): RegistryTable {
    const p = this.#addr.owner;
    if (p !== null && p.behaviour === runtimeOf(this.#definition).behaviour && p.phase !== Phase.Starting) {
      return (p.self as AgentSelf).state as RegistryTable;
    }
    throw new OptionError(
      'registry', addressName(this.#addr), 'a running registry of this definition',
      'start it: child(name, definition), or system.start(definition, { name })', 'UNKNOWN_REGISTRY',
    );
  }
}

const shown = <V>(entry: Entry): RegistryEntry<V> => ({ pid: entry.p.pid, value: entry.value as V });

/**
 * `fn` always runs later, free lock or not, and in the async context of its caller, not of whoever
 * had the lock before; the lock is free again before its caller hears of the outcome.
 */
function lockFor<T>(
  locks: Locks, p: Process, key: unknown, fn: () => T | PromiseLike<T>, target: string,
): Promise<T> {
  const promise = new Promise<T>((resolve, reject) => {
    let granted!: () => void;
    const grant = new Promise<void>((open) => {
      granted = open;
    });
    const run = async (): Promise<void> => {
      await grant;
      if (turn.over) return;
      turn.begun = true;
      try {
        const value = await adopt(fn());
        locks.end(turn);
        resolve(value);
      } catch (error) {
        locks.end(turn);
        if (isOurs(p, null, error)) markHandled(promise);
        reject(error);
      }
    };
    const failed = (why: NoLock): void => {
      markHandled(promise);
      reject(callError(why === 'owner ended' ? 'ZOMBIE' : 'EXIT', { target, op: 'lock', reason: why }));
    };
    const turn = locks.take(p, key, granted, failed);
    void run();
  });
  return promise;
}
