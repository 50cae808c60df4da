// Wrong variants of keyed enqueue, withdrawal and turns of several: see scripts/mutants.mjs.
const coalesce = 'src/delivery/guarantee/pending/coalesce.js';
const slot = 'src/delivery/guarantee/pending/slot.js';
const join = 'src/delivery/guarantee/pending/join.js';
const settle = 'src/delivery/guarantee/settle.js';
const attempt = 'src/delivery/guarantee/attempt.js';
const pluck = 'src/mailbox/pluck.js';
const suite = 'enqueue';

export const enqueues = [
  { name: 'a replaced message is handled as well', file: coalesce, suite, edits: [
    ['if (before !== null && before !== d) supersede(to, before);', ';'],
  ] },
  { name: 'a retry takes the place of the next one of its key', file: slot, suite, edits: [
    ['inMailbox.over = true;', ';'],
  ] },
  { name: 'one that joined is told nothing', file: settle, suite, edits: [
    ['settleJoined(to, other, kind, reply, reason, details);', ';'],
  ] },
  { name: 'one that joined is lost with a turn that fails', file: attempt, suite, edits: [
    ['attemptFailed(to, other, reason, delay);', ';'],
  ] },
  { name: 'one that joined is lost with its agent', file: attempt, suite, edits: [
    ['joinedEnded(to, other, reason, guilty);', ';'],
  ] },
  { name: 'one that joined is not begun', file: join, suite, edits: [['|| !from.claimed()', '']] },
  { name: 'one that joined stays in the account of its mailbox', file: pluck, suite, edits: [['lifted(box);', ';']] },
];
