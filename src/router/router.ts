import { INFO } from '../mailbox/index.js';
import { accept, Alias, Gone, Process, ReplySlot, sendToAlias, type Address, type Kernel, type NameCell, type Pid } from '../process/index.js';
import { DeadLetters } from './dead-letters.js';
import { hold, releaseHoldings } from './holdings.js';
import { Names } from './names.js';
import { Via, ViaAddress, ViaClaim } from './via.js';

/** Names, dead letters and plain sends of one system. */
export class Router {
  readonly names: Names;
  readonly deadLetters: DeadLetters;
  constructor(
    readonly kernel: Kernel,
    deadLettersKept: number,
  ) {
    this.names = new Names(kernel.prefix);
    this.deadLetters = new DeadLetters(kernel.env, deadLettersKept);
    kernel.exitHooks.push(this.names.release, releaseHoldings);
  }

  /** The address of a pid or name; a pid that is dead or not ours resolves to nobody. */
  address(to: string | Via): Address {
    const { names, kernel } = this;
    if (to === names.lastName) return names.lastCell;
    if (to instanceof Via) return new ViaAddress(kernel, to);
    if (to.startsWith(kernel.prefix)) return kernel.byPid(to) ?? new Gone(to as Pid);
    return names.cell(to);
  }

  /** Takes a name of either kind for a process that starts; tells who has it otherwise. Throws what a provider throws. */
  claim(name: string | Via, p: Process): Taken | null {
    if (typeof name === 'string') return this.names.register(name, p);
    const { provider, key, value } = name;
    if (!provider.registerName(key, p.pid, value)) return { pid: provider.whereisName(key) };
    hold(p, new ViaClaim(name));
    return null;
  }

  /** A plain message: arrives in `info`, or in `receive` of a plain process. To nobody it becomes a dead letter. */
  send(to: Address, message: unknown, from: Process | null, urgent: boolean = false): boolean {
    if (to instanceof ViaAddress && to.via.provider.send !== undefined) return this.sendVia(to, message, from);
    const p = to.owner;
    return p === null ? this.sendElsewhere(to, message, from, urgent) : accept(p, INFO, message, from);
  }

  /** To an alias, or to nobody. */
  private sendElsewhere(to: Address, message: unknown, from: Process | null, urgent: boolean): boolean {
    const sent = to instanceof Alias ? sendToAlias(to, message, from, urgent) : undefined;
    if (sent === undefined) this.dead(to, INFO.name, message, from);
    return sent ?? false;
  }

  /** The provider delivers itself, and what it sends is counted there; one that fails delivers to nobody. */
  private sendVia(to: ViaAddress, message: unknown, from: Process | null): boolean {
    const { provider, key } = to.via;
    try {
      provider.send?.(key, message);
      return true;
    } catch (error) {
      this.dead(to, INFO.name, message, from, error);
      return false;
    }
  }

  /** Counts and keeps a send to nobody. */
  dead(to: Address, op: string, payload: unknown, from: unknown, reason: unknown = 'noproc'): void {
    const { outside } = this.kernel;
    outside.sent++;
    outside.deadLettered++;
    this.deadLetters.add(titleOf(to), op, payload, pidOf(from), reason);
  }

  /** Counts a send that was refused to its sender. */
  rejected(): void {
    const { outside } = this.kernel;
    outside.sent++;
    outside.rejected++;
  }
}

/** Who has a name already. */
export interface Taken {
  readonly pid: Pid | undefined;
}

export function titleOf(to: Address): string {
  return to instanceof Process ? to.pid : (to as NameCell).name;
}

/** The pid of whoever is in the `from` slot of a message. */
export function pidOf(from: unknown): Pid | undefined {
  if (from instanceof Process) return from.pid;
  if (from instanceof ReplySlot) return from.caller?.pid;
  return undefined;
}
