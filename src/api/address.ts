import { printable } from '../base/text/index.js';

/* Whom a message, a signal or a timer concerns. */

/**
 * The identity of one life of a process: unique, comparable, serialisable, never reused, and keeps nothing
 * alive. Reads `system.nonce.number`.
 */
export type Pid = string & { readonly [pidBrand]: never };
declare const pidBrand: unique symbol;

/** When an alias stops to be one, by itself; `plain` and `explicit_unalias` never do. */
export type AliasMode = 'plain' | 'reply' | 'explicit_unalias' | 'demonitor' | 'reply_demonitor';

/**
 * A second address of a process, made by `self.alias()` or with a monitor; its holder can switch it
 * off: messages to an inactive one reach nobody. Opaque to everybody else, and compared by
 * identity.
 *
 * @example
 * const alias = await new Promise<Alias>((resolve) => { system.spawn((self) => { resolve(self.alias()); return self.receive(); }); });
 * alias.active // => true
 * system.send(alias, 'a message');
 * @since 0.2.0
 */
export interface Alias {
  readonly mode: AliasMode;
  /** whether a message sent now would arrive */
  readonly active: boolean;
}

/**
 * What `monitor` returns: opaque. Compare it by identity (`down.ref === ref`), keep it as the key
 * of a Map, give it to `demonitor`. A process that is watched twice has two, and gives a
 * {@link Down} for each.
 *
 * @example
 * const watched = new Map<MonitorRef, string>();
 * const Watcher = defineAgent({
 *   casts: { watch(self, name: string) { watched.set(self.monitor(name), name); } },
 *   info(self, message) { if (message instanceof Down) watched.delete(message.ref); },
 * });
 * system.start(Watcher).cast('watch', 'nobody');
 * await system.stop({ drain: true });
 * watched.size // => 0
 */
export interface MonitorRef {
  /** the alias that was made with the monitor, for replies; undefined without one */
  readonly alias: Alias | undefined;
}

/** What the verbs of timers return: opaque; any process may cancel or read the timer. */
export interface TimerRef {
  /** tells timers from other objects; there is nothing at run time */
  readonly timer?: never;
}

/**
 * A registry of your own, or one of castcall's: whatever has these functions gives out names that
 * work wherever a registered name does. They are called synchronously and at every use. One that
 * throws hurts only the use it was asked for: a start fails with what it threw, anything else finds
 * nobody and a warning is logged. So does an async one: its promise is no answer (ASYNC_CALLBACK).
 */
export interface ViaProvider<K = unknown> {
  /** takes `key` for a process; false when somebody has it. `value` is what `via` was given */
  registerName(key: K, pid: Pid, value?: unknown): boolean;
  /**
   * frees `key`; called for a start that failed and at the end of a process that was started by
   * this name, while it still is the owner
   */
  unregisterName(key: K): void;
  /** the owner; a dead one counts as nobody */
  whereisName(key: K): Pid | undefined;
  /** delivers plain messages (`send`) in place of the owner's mailbox; calls and casts go to `whereisName` */
  send?(key: K, message: unknown): void;
  /** false when a key may have many owners: then it is no address */
  readonly unique?: boolean;
}

/**
 * A name in a registry, made by `via`.
 *
 * @example
 * const owners = new Map<string, Pid>();
 * const name = via({ registerName: (key: string, pid: Pid) => !owners.has(key) && !!owners.set(key, pid), unregisterName: (key) => void owners.delete(key), whereisName: (key) => owners.get(key) }, 'alice');
 * name instanceof Via // => true
 * @since 0.2.0
 */
export class Via<K = unknown> {
  /** @internal Use `via`. */
  constructor(
    readonly provider: ViaProvider<K>,
    readonly key: K,
    readonly value: unknown,
  ) {}

  /** How errors, dead letters and Downs call it. */
  get title(): string {
    return `via ${printable(this.key)}`;
  }
}

/**
 * What can be sent to, linked or watched: a ref, a pid, a registered name or a `via` name; messages
 * and exit signals go to an alias as well.
 */
export type Target = string | Via | Alias | { readonly pid: Pid | undefined };
