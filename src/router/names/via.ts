import { atOnce, disown, OptionError, printable } from '../../base/index.js';
import type { Kernel, NameCell, Pid, Process } from '../../process/index.js';

/**
 * A registry of your own, or one of castcall's: whatever has these functions gives out names that work wherever a
 * registered name does (RG-06). They are called synchronously and at every use. One that throws hurts only the use it
 * was asked for: a start fails with what it threw, anything else finds nobody and a warning is logged. So does an async
 * one: its promise is no answer (ASYNC_CALLBACK).
 */
export interface ViaProvider<K = unknown> {
  /** takes `key` for a process; false when somebody has it. `value` is what `via` was given */
  registerName(key: K, pid: Pid, value?: unknown): boolean;
  /**
   * frees `key`; called for a start that failed and at the end of a process that was started by this name, while it
   * still is the owner
   */
  unregisterName(key: K): void;
  /** the owner; a dead one counts as nobody */
  whereisName(key: K): Pid | undefined;
  /** delivers plain messages (`send`) in place of the owner's mailbox; calls and casts go to `whereisName` */
  send?(key: K, message: unknown): void;
  /** false when a key may have many owners: then it is no address (RY-12) */
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
 * A name in a registry other than the system's own, to be used wherever a registered name is: `start(…, { name })`,
 * `child(…, { name })`, `system.ref(Definition, name)`, and as the target of send, link, monitor and exit. It is resolved
 * at every use; where nobody has it, a call or stop rejects with NOPROC and a cast is a dead letter (RG-07).
 *
 * Errors: an OptionError for what is no provider, or one whose keys may have many owners (RY-12).
 *
 * @example
 * const owners = new Map<string, Pid>();
 * const directory: ViaProvider<string> = {
 *   registerName: (key, pid) => !owners.has(key) && !!owners.set(key, pid),
 *   unregisterName: (key) => void owners.delete(key),
 *   whereisName: (key) => owners.get(key),
 * };
 * const Echo = defineAgent({ calls: { say: (self, text: string) => text } });
 * system.start(Echo, { name: via(directory, 'echo') });
 * await system.ref(Echo, via(directory, 'echo')).call('say', 'hello') // => 'hello'
 * @since 0.2.0
 */
export function via<K>(provider: ViaProvider<K>, key: K, value?: unknown): Via<K> {
  for (const verb of ['registerName', 'unregisterName', 'whereisName'] as const) {
    if (typeof (provider as Partial<ViaProvider<K>> | null | undefined)?.[verb] !== 'function') {
      throw new OptionError(
        'via.provider', provider, 'an object with registerName, unregisterName and whereisName', `it has no ${verb}`,
      );
    }
  }
  if (provider.unique === false) {
    throw new OptionError(
      'via.provider', key, 'a registry with unique keys',
      'a key of this one may have many owners, so it is no address; use dispatch', 'DUPLICATE_KEYS',
    );
  }
  return new Via(provider, key, value);
}

/** The address that a via name is: looks its owner up at every use, and is nobody when the provider fails. */
export class ViaAddress implements NameCell {
  constructor(
    private readonly kernel: Kernel,
    readonly via: Via,
  ) {}

  get owner(): Process | null {
    const { provider, key } = this.via;
    let pid: unknown;
    try {
      pid = atOnce('via.whereisName', provider.whereisName(key));
    } catch (error) {
      this.kernel.warn('whereisName of a via provider failed: the name counts as free', { key, error });
      return null;
    }
    return typeof pid === 'string' ? (this.kernel.byPid(pid) ?? null) : null;
  }

  get name(): string {
    return this.via.title;
  }
}

/** A process's claim to a via name. Released at its end, unless somebody else has the name by then. */
export class ViaClaim {
  constructor(readonly via: Via) {}

  release(p: Process): void {
    const { provider, key } = this.via;
    const failed = (error: unknown): void =>
      p.kernel.warn('a via provider failed to release the name of an ended process', { key, pid: p.pid, error });
    try {
      if (atOnce('via.whereisName', provider.whereisName(key)) === p.pid) disown(provider.unregisterName(key), failed);
    } catch (error) {
      failed(error);
    }
  }
}
