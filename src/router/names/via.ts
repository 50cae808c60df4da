import { atOnce, disown, OptionError } from '../../base/index.js';
import type { Kernel, NameCell, Process } from '../../process/record/index.js';
import { Via, type ViaProvider } from '../../api/address.js';

/**
 * A name in a registry other than the system's own, to be used wherever a registered name is:
 * `start(…, { name })`, `child(…, { name })`, `system.ref(Definition, name)`, and as the target of
 * send, link, monitor and exit. It is resolved at every use; where nobody has it, a call or stop
 * rejects with NOPROC and a cast is a dead letter.
 *
 * Errors: an OptionError for what is no provider, or one whose keys may have many owners.
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
        'via.provider', provider, 'an object with registerName, unregisterName and whereisName',
        `it has no ${verb}`,
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
      p.kernel.warn('a via provider failed to release the name of an ended process', {
        key, pid: p.pid, error,
      });
    try {
      if (atOnce('via.whereisName', provider.whereisName(key)) === p.pid) disown(
        provider.unregisterName(key), failed,
      );
    } catch (error) {
      failed(error);
    }
  }
}
