import { Kind, Op } from '../../mailbox/message/index.js';
import { Phase } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import { accept } from '../../process/send/index.js';
import { Undeliverable } from '../../api/messages.js';
import type { LetterVerb } from '../../api/letters.js';

/** Feedback about sends that were made because of feedback, and so on, at most. */
const HOPS_MAX = 8;

/**
 * Feedback arrives in `info` like any plain message; its operation says how many stand behind it,
 * as long as it is handled.
 */
const FEEDBACK: readonly Op[] = Array.from(
  { length: HOPS_MAX + 1 }, () => new Op(Kind.Info, 'info', null, null, false),
);

/** What its sender is told of a message that did not arrive. */
export interface Undelivered {
  readonly to: string;
  readonly verb: LetterVerb;
  readonly op: string;
  readonly payload: unknown;
  readonly reason: unknown;
}

/** Whether that sender wants to hear of it; the check is all that it costs those who do not. */
export function wantsFeedback(sender: Process | null): sender is Process {
  return sender !== null && sender.behaviour.undeliverable === true && sender.phase !== Phase.Dead;
}

/**
 * Tells a living sender that asked for it, at most eight times in a row about what it has sent while
 * it was told the time before. Nobody has sent the feedback: none follows when it dies itself.
 */
export function tellSender(sender: Process, { to, verb, op, payload, reason }: Undelivered): void {
  const { kernel } = sender;
  const hops = FEEDBACK.indexOf(sender.op as Op) + 1;
  const as = FEEDBACK[hops];
  if (as === undefined) {
    kernel.failures.count('FEEDBACK_LOOP');
    kernel.warnOnce(
      `feedback ${sender.behaviour.name} ${to} ${op}`,
      `'${sender.behaviour.name}' answers each Undeliverable with a send that does not arrive either; `
        + 'it hears of no more',
      { to, verb, op, hops },
    );
    return;
  }
  accept(sender, as, new Undeliverable(to, verb, op, payload, reason, hops), null);
}
