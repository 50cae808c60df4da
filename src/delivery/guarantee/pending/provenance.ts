import type { Op } from '../../../mailbox/message/index.js';
import type { Kernel, Process } from '../../../process/record/index.js';
import type { Headers, Terms } from '../../../behaviour/gen/outward/index.js';
import type { DeliverMode, MessageProvenance } from '../../../api/delivery.js';
import type { Slot } from './slot.js';

/** What is told of a delivery that is handled. */
export interface Told {
  readonly to: { readonly kernel: Kernel };
  readonly op: Op;
  readonly caller: Process | null;
  readonly callee: Process;
  readonly terms: Terms;
  readonly key: string | null;
  readonly attempts: number;
  readonly number: number;
  readonly expiry: { readonly due: number; readonly ms: number } | null;
  rarely(): {
    readonly order: string | null;
    readonly slot: Slot | null;
    readonly mode: DeliverMode | null;
    readonly headers: Headers | null;
    readonly sender: string | null;
    readonly sentAt: number;
    readonly stored: { readonly seq: number; readonly earlier: boolean } | null;
    begunAt: number;
  };
}

/** Nothing of it is kept beside what the message has for its own sake: times are read when they are asked for. */
export function provenanceOf(d: Told): MessageProvenance {
  const { to: { kernel: { env } }, op, caller, callee, terms, expiry } = d;
  const rare = d.rarely();
  const { stored, slot } = rare;
  if (rare.begunAt < 0) rare.begunAt = env.wall();
  const waited = expiry === null || expiry.due < 0 ? 0 : Math.max(0, env.mono() - (expiry.due - expiry.ms));
  return {
    sender: caller === null ? (rare.sender ?? undefined) : (caller.name?.name ?? caller.pid),
    to: callee.title,
    op: op.name,
    queuedAt: rare.sentAt >= 0 ? rare.sentAt : Math.min(rare.begunAt, Math.round(env.wall() - waited)),
    begunAt: rare.begunAt,
    guarantee: terms.guarantee,
    key: d.key ?? undefined,
    order: rare.order ?? undefined,
    coalesce: slot === null ? undefined : slot.key,
    mode: rare.mode ?? 'follow-up',
    headers: rare.headers ?? undefined,
    attempt: d.attempts,
    incarnation: callee.pid,
    sequence: d.number,
    recovered: stored !== null && stored.earlier,
    row: stored === null || stored.seq < 0 ? undefined : stored.seq,
  };
}
