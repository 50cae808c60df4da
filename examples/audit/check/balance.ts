import type { SystemStats } from '../../../src/index.js';

/** What was sent, and every outcome that it can have. */
export type Account = Pick<SystemStats,

    | 'sent' | 'handled' | 'rejected' | 'dropped' | 'superseded' | 'expired' | 'deadLettered'
    | 'unknown' | 'queued'
    | 'running' | 'held'>;

export function accountOf(stats: Account): Account {
  const {
    sent, handled, rejected, dropped, superseded, expired, deadLettered, unknown, queued, running,
    held,
  } = stats;
  return {
    sent, handled, rejected, dropped, superseded, expired, deadLettered, unknown, queued, running,
    held,
  };
}

/**
 * Messages that were sent but have no outcome (or, below zero, more outcomes than messages): always
 * 0, or the runtime is wrong.
 */
export function imbalance({ sent, ...outcomes }: Account): number {
  return sent - sum(outcomes);
}

/** What was accepted for delivery, here or by an earlier life of the program, and every outcome that it can have. */
export type DeliveryAccount = Pick<SystemStats['delivery'],
    | 'accepted' | 'recovered' | 'acknowledged' | 'failed' | 'expired' | 'dropped' | 'unknown' | 'stored'
    | 'pending' | 'inTransit' | 'running'>;

export function deliveriesOf({ delivery }: SystemStats): DeliveryAccount {
  const {
    accepted, recovered, acknowledged, failed, expired, dropped, unknown, stored, pending, inTransit, running,
  } = delivery;
  return {
    accepted, recovered, acknowledged, failed, expired, dropped, unknown, stored, pending, inTransit, running,
  };
}

/** Deliveries that were accepted but have no outcome: always 0 as well. */
export function undelivered({ accepted, recovered, ...outcomes }: DeliveryAccount): number {
  return accepted + recovered - sum(outcomes);
}

function sum(outcomes: Readonly<Record<string, number>>): number {
  return Object.values(outcomes).reduce((total, each) => total + each, 0);
}
