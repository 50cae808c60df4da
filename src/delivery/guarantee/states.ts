/*
 * The life of one message with a guarantee.
 *
 *        accept (accept.ts)
 *          │  there is room                            no owner, no room, or behind its order key
 *          ▼                                                             │
 *      ┌────────┐  again, enqueue (accept.ts)                        ┌───▼────┐
 *      │ Queued │ ◀───────────────────────────────────────────────── │  Held  │
 *      │        │ ── takenBack: its process has ended ─────────────▶ │        │
 *      └───┬────┘                                                    └───▲────┘
 *    begin │ (attempt.ts)                                                │
 *      ┌───▼─────┐   attemptFailed: a nack, what it threw, its policy    │
 *      │ Running │ ─ attemptEnded: a crash, a time limit ─▶ decide ──────┘
 *      └───┬─────┘                                            │
 *          │ acknowledge, answered (settle.ts)                │ no attempt is left
 *      ┌───▼────┐                                             ▼
 *      │  Over  │ ◀─ conclude (settle.ts) ── deadLetter; from Held and Queued also expired, dropped, cancelled
 *      └────────┘
 *
 * Before a mailbox that is full and suspends its senders, a message stands in line: it is Queued,
 * and has a waiter.
 *
 * Accounts: what is in the mailbox or with the handler is in the mailbox's account; what is held,
 * and what ends from there, in that of the outside. A step moves a message from one to the other in
 * one go. Each phase is a file of functions over a destination and a message, and loads those after
 * it: accept, attempt, settle, hold. The one way back, when the end of a message lets the next of
 * its order key go, is the destination's `again`.
 */

/** Where a message is. Forward to `Over`, except that a failed attempt goes back from `Running` to `Held`. */
export const State = { Held: 0, Queued: 1, Running: 2, Over: 3 } as const;
export type State = (typeof State)[keyof typeof State];

/*
 * The bits of a message: millions of them may wait, so what excludes each other shares one field.
 * The phases through which every message goes read and write them at once; everybody else uses the
 * accessors of the message.
 */
export const STATE = 3;
/** no attempt may begin any more */
export const LAPSED = 4;
/** the attempt that runs has failed by its own doing, so its end counts as one */
export const GUILTY = 8;
/** where it is in its expiry: six bits from there */
export const SLOT = 4;
export const SLOTS = 63;
/** attempts begin at that bit */
export const ATTEMPTS = 10;
export const ONE_ATTEMPT: number = 1 << ATTEMPTS;
export const MARKS: number = ONE_ATTEMPT - 1;
