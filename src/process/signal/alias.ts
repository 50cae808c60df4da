import type { ExitReason } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import { Rank } from '../../mailbox/index.js';
import { INFO, URGENT_INFO } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { Phase } from '../record/index.js';
import type { Address, Process } from '../record/index.js';
import { acceptWith, pushSignal } from '../send/index.js';
import type { AliasMode } from '../../api/address.js';
import type * as api from '../../api/address.js';
import { exitSignal } from './fanout.js';
import { demonitor, type Monitor } from './monitor.js';

/**
 * See `Alias` of api. The `owner` of an alias is always null, so that sends by pid and name pay
 * nothing for it: what finds nobody looks whether it has an alias in hand.
 */
export class Alias implements Address, api.Alias {
  /** @internal */
  owner: Process | null = null;
  /** @internal */
  on = true;
  /** @internal the monitor it was made with */
  monitor: Monitor | null = null;
  /** @internal */
  constructor(
    readonly holder: Process,
    readonly mode: AliasMode,
    /** sends with `urgent` become priority messages (PM-02) */
    readonly urgent: boolean,
  ) {}

  get active(): boolean {
    return this.on && this.holder.phase !== Phase.Dead;
  }

  /** @internal */
  get addr(): this {
    return this;
  }

  /** @internal */
  get name(): string {
    return `alias of ${this.holder.title}`;
  }
}

shownAs(Alias, (it) => `Alias(${it.holder.title}${it.active ? '' : ', inactive'})`);

/**
 * Switches an alias off; true when it was active and is the caller's own (AL-02). Its monitor stays
 * (AL-06).
 */
export function unalias(alias: Alias, by: Process): boolean {
  if (!alias.active || alias.holder !== by) return false;
  alias.on = false;
  return true;
}

/** A plain message through an alias; undefined when it is inactive, else whether there was room. */
export function sendToAlias(
  alias: Alias, message: unknown, from: Process | null, urgent: boolean,
): boolean | undefined {
  if (!through(alias)) return undefined;
  const first = urgent && alias.urgent;
  return acceptWith(alias.holder, first
    ? Rank.Critical
    : Rank.Normal, first ? URGENT_INFO : INFO, message, from, -1);
}

/** One of the runtime's own messages through an alias; nothing when it is inactive. */
export function signalAlias(alias: Alias, op: Op, payload: unknown): void {
  if (through(alias)) pushSignal(alias.holder, op, payload, null);
}

/**
 * An exit signal through an alias ends or informs its holder; it is no reply and switches nothing
 * off (PM-05).
 */
export function exitToAlias(alias: Alias, from: Process | null, reason: ExitReason, urgent: boolean): void {
  if (alias.active) exitSignal(alias.holder, from, reason, false, urgent && alias.urgent);
}

/** Whether a message gets through; the first one through a reply alias is the last (AL-03, AL-06). */
function through(alias: Alias): boolean {
  if (!alias.active) return false;
  if (alias.mode === 'reply' || alias.mode === 'reply_demonitor') {
    alias.on = false;
    if (alias.monitor !== null) demonitor(alias.monitor, false);
  }
  return true;
}
