import { pluck, Rank } from '../../../mailbox/index.js';
import type { Op } from '../../../mailbox/message/index.js';
import type { Process } from '../../../process/record/index.js';
import type { Terms } from '../../../behaviour/gen/outward/index.js';
import { State } from '../states.js';

/*
 * A turn of several messages: one leads, others that wait join it, and all of them settle as it
 * does. A turn that fails judges nobody: each of its messages has its next attempt alone.
 */

/** A message that may lead, or join. */
interface Joining {
  readonly to: object;
  readonly op: Op;
  readonly callee: Process;
  readonly attempts: number;
  readonly state: State;
  readonly lapsed: boolean;
  readonly terms: Terms;
  readonly payload: unknown;
  readonly rare: { readonly mode: string | null } | null;
  claimed(): boolean;
  rarely(): { joined: readonly { readonly state: State }[] };
}

const NONE: readonly never[] = [];

/** What waits next for the same operation, up to so many with the one that leads: their payloads, in order. */
export function collectNext<M extends Joining>(
  lead: M, max: number, isMessage: (from: unknown) => from is M,
): unknown[] {
  const { op, terms: { rank } } = lead;
  const joined = join(lead, rank, max - 1, true, isMessage, (d) => d.op === op);
  return [lead.payload, ...joined.map(({ payload }) => payload)];
}

/** The steering messages that have come: their payloads. */
export function steering<M extends Joining>(
  lead: M, isMessage: (from: unknown) => from is M,
): readonly unknown[] {
  const joined = join(
    lead, Rank.High, Infinity, false, isMessage, (d) => d.rare !== null && d.rare.mode === 'steer',
  );
  return joined.length === 0 ? NONE : joined.map(({ payload }) => payload);
}

function join<M extends Joining>(
  lead: M, rank: Rank, many: number, next: boolean, isMessage: (from: unknown) => from is M,
  fits: (d: M) => boolean,
): readonly M[] {
  if (lead.state !== State.Running || !mayShare(lead.attempts, 1, lead.terms)) return NONE;
  const joined: M[] = [];
  const { callee, to } = lead;
  pluck(callee.mailbox, rank, many, next, (from) => {
    if (!isMessage(from) || from.to !== to || from.state !== State.Queued || from.lapsed
      || !mayShare(from.attempts, 0, from.terms) || !fits(from) || !from.claimed()) return false;
    joined.push(from);
    return true;
  });
  if (joined.length === 0) return NONE;
  const rare = lead.rarely();
  rare.joined = [...rare.joined, ...joined];
  return joined;
}

/** It has an attempt to lose: what has failed before runs by itself. */
function mayShare(attempts: number, first: number, { guarantee, attemptsMax }: Terms): boolean {
  return attempts === first && attemptsMax > 1 && guarantee !== 'at-most-once';
}

/** How many have. */
export function joinedBy({ rare }: { readonly rare: { readonly joined: readonly unknown[] } | null }): number {
  return rare === null ? 0 : rare.joined.length;
}

/** Those that have joined it, once: they go their own ways from now on. */
export function takeJoined<M>({ rare }: { readonly rare: { joined: readonly M[] } | null }): readonly M[] {
  if (rare === null || rare.joined.length === 0) return NONE;
  const { joined } = rare;
  rare.joined = NONE;
  return joined;
}
