import { atOnce } from '../base/index.js';
import { ended } from '../mailbox/index.js';
import { INFO, Kind } from '../mailbox/message/index.js';
import type { Op } from '../mailbox/message/index.js';
import { DeadAddress } from '../process/record/index.js';
import type { Address, Behaviour, Kernel, Process } from '../process/record/index.js';
import { accept, refusalOf } from '../process/send/index.js';
import { Alias, sendToAlias } from '../process/signal/index.js';
import { DeadLetters, tellSender, wantsFeedback } from './dead-letter/index.js';
import type { LetterLimits } from './dead-letter/index.js';
import { hold, Names, releaseHoldings, ViaAddress, ViaClaim } from './names/index.js';
import { addressName, PlainRedelivery } from './request/index.js';
import { type Pid, Via } from '../api/address.js';

/** Names, dead letters and plain sends of one system. */
export class Router {
  readonly names: Names;
  readonly deadLetters: DeadLetters;
  constructor(
    readonly kernel: Kernel,
    letters: LetterLimits,
  ) {
    this.names = new Names(kernel.prefix);
    this.deadLetters = new DeadLetters(kernel, letters);
    kernel.stopHooks.add(() => this.deadLetters.close());
    kernel.exitHooks.push(this.names.release, releaseHoldings);
  }

  /** The address of a pid or name; a pid that is dead or not ours resolves to nobody. */
  address(to: string | Via): Address {
    const { names, kernel } = this;
    if (to === names.lastName) return names.lastCell;
    if (to instanceof Via) return new ViaAddress(kernel, to);
    if (to.startsWith(kernel.prefix)) return kernel.byPid(to) ?? new DeadAddress(to as Pid);
    return names.cell(to);
  }

  /**
   * Takes a name of either kind for a process that starts; tells who has it otherwise. Throws what
   * a provider throws.
   */
  claim(name: string | Via, p: Process): Taken | null {
    if (typeof name === 'string') return this.names.register(name, p);
    const { provider, key, value } = name;
    if (!atOnce('via.registerName', provider.registerName(key, p.pid, value))) {
      return { pid: provider.whereisName(key) };
    }
    hold(p, new ViaClaim(name));
    return null;
  }

  /**
   * A plain message: arrives in `info`, or in `receive` of a plain process. To nobody it becomes a
   * dead letter.
   */
  send(to: Address, message: unknown, from: Process | null, urgent: boolean = false): boolean {
    if (to instanceof ViaAddress && to.via.provider.send !== undefined) return this.sendVia(to, message, from);
    const p = to.owner;
    if (p === null) return this.sendElsewhere(to, message, from, urgent);
    if (accept(p, INFO, message, from)) return true;
    this.refused(to, INFO, message, from, refusalOf(p, INFO, message));
    return false;
  }

  /** A cast or a plain message that a mailbox did not take: its sender hears of it if it has asked to. */
  refused(to: Address, op: Op, payload: unknown, sender: Process | null, reason: string): void {
    if (!wantsFeedback(sender)) return;
    const info = op.kind === Kind.Info;
    tellSender(sender, {
      to: addressName(to), verb: info ? 'send' : 'cast', op: info ? 'info' : op.name, payload, reason,
    });
  }

  /** To an alias, or to nobody. */
  private sendElsewhere(to: Address, message: unknown, from: Process | null, urgent: boolean): boolean {
    const sent = to instanceof Alias ? sendToAlias(to, message, from, urgent) : undefined;
    if (sent === undefined) this.dead(to, INFO, null, message, from);
    return sent ?? false;
  }

  /** The provider delivers itself, and what it sends is counted there; one that fails delivers to nobody. */
  private sendVia(to: ViaAddress, message: unknown, from: Process | null): boolean {
    const { provider, key } = to.via;
    try {
      atOnce('via.send', provider.send?.(key, message) as unknown);
      return true;
    } catch (error) {
      this.dead(to, INFO, null, message, from, error);
      return false;
    }
  }

  /**
   * Counts and keeps a send to nobody; `behaviour` is what the operation belongs to, null for a
   * plain message.
   */
  dead(
    to: Address, op: Op, behaviour: Behaviour | null, payload: unknown, from: unknown,
    reason: unknown = 'noproc',
  ): void {
    ended(this.kernel.outside, 'deadLettered');
    this.deadLetters.add(new PlainRedelivery(to, op, behaviour, from), payload, reason);
  }

  /** Keeps what a process had queued when it ended, or was on its way to it; it is counted there. */
  leftBy(p: Process, op: Op, payload: unknown, from: unknown, reason: unknown): void {
    this.deadLetters.add(
      new PlainRedelivery(
        p.name ?? new DeadAddress(p.pid), op, op.kind === Kind.Info ? null : p.behaviour, from,
      ), payload, reason,
    );
  }

  /** Counts a send that was refused to its sender. */
  rejected(): void {
    ended(this.kernel.outside, 'rejected');
  }
}

/** Who has a name already. */
export interface Taken {
  readonly pid: Pid | undefined;
}
