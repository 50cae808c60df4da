import type { ExitReason } from '../../base/index.js';
import type { DeliveryOutcome, OutcomeKind } from '../../api/delivery.js';
import type { Terms } from '../../behaviour/index.js';
import type { Op } from '../../mailbox/index.js';
import type { Address, Behaviour, Kernel, Process } from '../../process/index.js';
import type { Delivered } from './delivered.js';

/** What messages of one operation, for one process of one destination, have in common; they share it. */
export class Route {
  /** see `Exit.kept` */
  static readonly kept: Route = new Route(
    null as never, null as never, null as never, null as never, null as never, null,
  );
  constructor(
    readonly to: Keeper,
    readonly op: Op,
    readonly target: Address,
    readonly behaviour: Behaviour,
    readonly terms: Terms,
    /** who has them; null until they have met a process */
    readonly callee: Process | null,
  ) {}
}

/** What a message tells of its way: the destination that it belongs to. */
export interface Keeper {
  readonly kernel: Kernel;
  /** of the latest message */
  latest: Route | null;
  begun(d: Delivered): void;
  queued(): void;
  accepted(d: Delivered): void;
  acknowledged(d: Delivered): void;
  answered(d: Delivered, code: string | undefined, details: unknown): void;
  expiredQueued(d: Delivered): void;
  lapsedQueued(d: Delivered): void;
  expiredHeld(d: Delivered): void;
  deadLetterHeld(d: Delivered, reason: unknown): void;
  takenBack(d: Delivered, reason: ExitReason): void;
  refused(d: Delivered, code: string, reason: ExitReason): void;
  unclaimed(d: Delivered, reason: ExitReason): void;
  late(d: Delivered): void;
  attemptFailed(d: Delivered, reason: unknown): void;
  attemptEnded(d: Delivered, reason: ExitReason): void;
  threw(d: Delivered, error: unknown): boolean;
  nacked(d: Delivered, delayMs: number): void;
  terminated(d: Delivered, reason: unknown): void;
  overran(d: Delivered): void;
  again(d: Delivered): void;
  over(d: Delivered, outcome: DeliveryOutcome): void;
  lost(d: Delivered, kind: OutcomeKind): void;
  leaveLine(d: Delivered, outcome: 'dropped' | 'expired'): void;
  cancel(d: Delivered): void;
  inLine(change: 1 | -1): void;
  vanished(d: Delivered): boolean;
}

/** The route of a message: most have that of the one before. */
export function routeOf(
  to: Keeper, op: Op, target: Address, behaviour: Behaviour, terms: Terms, callee: Process | null,
): Route {
  const { latest } = to;
  if (latest !== null && latest.callee === callee && latest.op === op && latest.terms === terms && latest.target === target
    && latest.behaviour === behaviour) return latest;
  return (to.latest = new Route(to, op, target, behaviour, terms, callee));
}
