import { INFO } from '../mailbox/index.js';
import { accept, Process, ReplySlot, type Address, type Kernel, type NameCell, type Pid } from '../process/index.js';
import { DeadLetters } from './dead-letters.js';
import { Names } from './names.js';

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
    kernel.exitHooks.push(this.names.release);
  }

  /** The address of a pid or name; a pid that is dead or not ours resolves to nobody. */
  address(to: string): Address {
    const p = this.kernel.byPid(to);
    if (p !== undefined) return p;
    if (to.startsWith(this.kernel.prefix)) return new Gone(to);
    return this.names.cell(to);
  }

  /** A plain message: arrives in `info`, or in `receive` of a plain process. To nobody it becomes a dead letter. */
  send(to: Address, message: unknown, from: Process | null): boolean {
    const p = to.owner;
    if (p === null) {
      this.dead(to, INFO.name, message, from);
      return false;
    }
    return accept(p, INFO, message, from);
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

/** The address of a process that has ended and is forgotten. */
class Gone implements NameCell {
  owner: Process | null = null;
  constructor(readonly name: string) {}
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
