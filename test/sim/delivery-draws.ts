import type { DeliverOptions, Guarantee, MailboxOptions, MailboxLane } from '../../src/index.js';
import type { Random, Simulation } from '../../src/testing/index.js';
import type { Checks, Message } from './delivery-checks.js';

const GUARANTEES: readonly Guarantee[] =
  ['at-most-once', 'at-least-once', 'at-least-once', 'exactly-once', 'exactly-once'];
const LANES: readonly (MailboxLane
  | undefined)[] = [undefined, undefined, undefined, 'normal', 'high', 'low', 'critical'];
const OVERFLOWS = ['reject', 'drop-newest', 'drop-oldest', 'suspend', 'suspend', 'suspend', 'suspend'] as const;

/** What a message is sent with. */
export function optionsOf(random: Random): DeliverOptions {
  const guarantee = random.pick(GUARANTEES);
  const priority = random.pick(LANES);
  return {
    guarantee,
    expiresInMs: random.pick([5, 40, 2_000, 2_000]),
    backoff: random.pick([
      { baseMs: 5, jitter: 0 }, { baseMs: 8, factor: 3, maxMs: 30 },
      { baseMs: 1, factor: 1, jitter: 1 }, { baseMs: 0 },
    ]),
    attemptsMax: 1 + random.int(4),
    ...(priority === undefined ? {} : { lane: priority }),
    ...(guarantee === 'exactly-once' && random.chance(0.6)
      ? { key: `k${random.int(random.chance(0.5) ? 2 : 5)}` }
      : {}),
    ...(random.chance(0.3) ? { order: `o${random.int(2)}` } : {}),
    ...(random.chance(0.3) ? { ackTimeoutMs: 6 + random.int(20) } : {}),
  };
}

/**
 * What is lost, late or doubled on its way meets no mailbox that suspends its senders: the account
 * of faults does not know of lines.
 */
export function mailboxOf(random: Random, disturbed: boolean): MailboxOptions {
  if (random.chance(0.25)) return {};
  return {
    capacity: random.pick([1, 1, 2, 3]), overflow: random.pick(disturbed ? OVERFLOWS.slice(0, 3) : OVERFLOWS),
    ...(random.chance(0.3) ? { lanes: { ageEvery: 2 } } : {}),
  };
}

/** Cases that a batch of seeds must have seen. */
export function reached(sim: Simulation, { all }: Checks): void {
  const some = (id: string, holds: (message: Message) => boolean): void => void sim.sometimes(
    all.some(holds), id,
  );
  const ended = (kind: string, more: (message: Message) => boolean = () => true) =>
    (message: Message): boolean => message.outcome?.kind === kind && more(message);
  some('handled at the first start', ended('handled', ({ starts }) => starts === 1));
  some('handled after failures', ended('handled', ({ failed }) => failed > 0));
  some('refused', ended('refused'));
  some('expired before any start', ended('expired', ({ starts }) => starts === 0));
  some('expired after a failed attempt', ended('expired', ({ failed }) => failed > 0));
  some('dropped for another', ended('dropped', ({ starts }) => starts === 0));
  some(
    'a dead letter after its last attempt',
    ended('dead-lettered', ({ failed, options }) => failed === options.attemptsMax),
  );
  some(
    'a dead letter for want of an owner',
    ended('dead-lettered', ({ outcome }) => outcome?.reason === 'noproc'),
  );
  some('a dead letter at the stop', ended('dead-lettered', ({ outcome }) => outcome?.reason === 'shutdown'));
  some(
    'at-most-once ends with its agent',
    ended('dead-lettered', ({ guarantee, starts }) => guarantee === 'at-most-once' && starts > 0),
  );
}
