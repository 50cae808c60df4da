import { printable, toldAs } from '../../base/text/index.js';
import type { DeliveryOutcome, FailedAttempt, SettledDelivery } from '../../api/delivery.js';

/** What became of a delivery, as it is made. */
export class Outcome {
  /** see `Exit.kept` */
  static readonly kept: Outcome = new Outcome('handled', undefined, undefined, undefined, 1, [], 0.5);
  constructor(
    readonly kind: DeliveryOutcome['kind'],
    readonly reply: unknown,
    readonly reason: unknown,
    readonly details: unknown,
    readonly attempts: number,
    readonly failures: readonly FailedAttempt[],
    readonly at: number,
  ) {}
}

toldAs(Outcome, ({ kind, reason, attempts }) =>
  `Outcome(${kind}${reason === undefined ? '' : `: ${printable(reason)}`}, attempts: ${attempts})`);

/** The record of a delivery that is over, as it is made. */
export class Settled implements SettledDelivery {
  readonly kind: SettledDelivery['kind'];
  readonly reason: unknown;
  readonly attempts: number;
  readonly at: number;
  constructor(
    readonly to: string,
    readonly op: string,
    readonly guarantee: SettledDelivery['guarantee'],
    readonly key: string | undefined,
    outcome: DeliveryOutcome,
    readonly ms: number,
  ) {
    this.kind = outcome.kind;
    this.reason = outcome.reason;
    this.attempts = outcome.attempts;
    this.at = outcome.at;
  }
}

toldAs(Settled, ({ to, op, kind, reason }) =>
  `Delivery(${op} to ${to}: ${kind}${reason === undefined ? '' : `: ${printable(reason)}`})`);
