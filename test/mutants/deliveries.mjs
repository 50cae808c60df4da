// Wrong variants of src/delivery: see scripts/mutants.mjs.
const accept = 'src/delivery/guarantee/accept.js';
const attempt = 'src/delivery/guarantee/attempt.js';
const hold = 'src/delivery/guarantee/hold.js';
const acceptance = 'src/delivery/guarantee/wait/acceptance-wait.js';
const ledger = 'src/delivery/guarantee/dedupe/ledger.js';
const context = 'src/delivery/guarantee/context.js';
const rare = 'src/delivery/guarantee/rare.js';
const settle = 'src/delivery/guarantee/settle.js';
const orders = 'src/delivery/guarantee/order-keys.js';
const schedule = 'src/base/backoff.js';
const delivery = 'src/delivery/guarantee/delivery.js';

export const deliveries = [
  {
    name: 'the duplicate mark is not made', file: settle,
    edits: [['to.keys.remember(record, outcome, to.kernel.env.mono());', 'to.keys.free(record);']],
  },
  { name: 'a duplicate is sent anyway', file: delivery, edits: [
    ['return to.duplicate(first, addr, op, payload, digest);', 'to.duplicate(first, addr, op, payload, digest);'],
  ] },
  {
    name: 'a conflict of keys is a duplicate', file: ledger,
    edits: [['return this.a === a && this.b === b && this.c === c && this.d === d;', 'return true;']],
  },
  { name: 'a key is kept after a dead letter', file: settle, edits: [['to.keys.free(record);', ';']] },
  { name: 'an expiry forgets those behind the first one', file: 'src/delivery/guarantee/expiry.js', edits: [[
    'if (d !== null && (d.bits & STATE) !== State.Over) d.expire();',
    'if (d !== null && (d.bits & STATE) !== State.Over) { d.expire(); break; }',
  ]] },
  {
    name: 'a cancelled message is handled all the same', file: settle,
    edits: [["conclude(d, kind, undefined, kind, undefined); to.waiting.left();", ';']],
  },
  {
    name: 'replies are never let go', file: ledger,
    edits: [['while (this.replyBytes > this.limits.replyBytesMax)', 'while (this.replyBytes < 0)']],
  },
  {
    name: 'a reply that is let go frees its key', file: ledger,
    edits: [['oldest.outcome = withoutReply(oldest.outcome);', 'this.forget(oldest);']],
  },
  {
    name: 'replies of forgotten keys are still counted', file: ledger,
    edits: [['this.replyBytes -= record.bytes;', ';']],
  },
  { name: 'a reply above the bound is kept', file: ledger, edits: [['if (bytes === Infinity)', 'if (bytes < 0)']] },
  {
    name: 'the window of keys is one short', file: ledger,
    edits: [['++this.handledKeys > this.memory.limits.keysMax', '++this.handledKeys >= this.memory.limits.keysMax']],
  },
  {
    name: 'elements of arrays are left out of digests', file: 'src/delivery/guarantee/dedupe/digest.js',
    edits: [['this.value(element);', 'this.words.word(1);']],
  },
  {
    name: 'a key is forgotten when its message was handled', file: ledger,
    edits: [['this.memory.add(record);', 'this.drop(record);']],
  },
  {
    name: 'messages have no place in the order of their sends', file: accept,
    edits: [['duplicatesSuppressed; const number = ++to.arrivals;', 'duplicatesSuppressed; const number = 0;']],
  },
  {
    name: 'a duplicate takes away the answer of the first one in line', file: acceptance,
    edits: [['this.askers.push(other);', 'this.askers[0] = other;']],
  },
  { name: 'attempts are not counted', file: attempt, edits: [
    ['d.bits = ((bits & ~(STATE | GUILTY)) | State.Running) + ONE_ATTEMPT;', 'd.bits = (bits & ~(STATE | GUILTY)) | State.Running; d.attempts = 1;'],
  ] },
  {
    name: 'one attempt too many', file: attempt,
    edits: [['d.attempts >= terms.attemptsMax', 'd.attempts > terms.attemptsMax']],
  },
  { name: 'an outside end is an attempt', file: attempt, edits: [
    [
      'if (!guilty) { if (d.ahead) unbegun(to, d); uncount(d); } else',
      'if (!guilty) { if (d.ahead) unbegun(to, d); d.guilty = true; } else',
    ],
  ] },
  {
    name: 'at-most-once is retried', file: attempt,
    edits: [["if (terms.guarantee === 'at-most-once' || to.shared.closed", 'if (to.shared.closed']],
  },
  { name: 'a back-off is not multiplied', file: schedule, edits: [['schedule.factor ** (attempt - 1)', '1']] },
  {
    name: 'jitter goes below what is promised', file: schedule,
    edits: [['(1 - schedule.jitter * random)', '(1 - random)']],
  },
  { name: 'a nack does not wait', file: attempt, edits: [['delay >= 0 ? delay :', 'delay >= 0 ? 0 :']] },
  {
    name: 'a nack is an acknowledgement', file: context,
    edits: [['this.#message.nacked(ms);', 'this.#message.reply(undefined);']],
  },
  {
    name: 'an expired message is handled', file: attempt,
    edits: [['d.lapsed = true;', ';'], ['else if (d.state === State.Queued) lapsedQueued(to, d);', '']],
  },
  { name: 'an order key is released with the first failure', file: attempt, edits: [[
    'awaitBackOff(to, d, delay >= 0',
    'if (d.order !== null) { const next = to.orders.next(d, d.order); if (next !== null) to.again(next); } awaitBackOff(to, d, delay >= 0',
  ]] },
  { name: 'order keys hold nothing back', file: orders, edits: [['return row !== undefined;', 'return false;']] },
  { name: 'held messages are not counted', file: hold, edits: [['held(to.kernel.outside);', ';']] },
  {
    name: 'a stop forgets what is held', file: delivery,
    edits: [['closeHeld(message.to, message);', ';']],
  },
  { name: 'the dead can acknowledge', file: context, edits: [
    ['return !fenced(this.#agent) && this.#message.running && !this.superseded;', 'return this.#message.running;'],
  ] },
  {
    name: 'the signal of an earlier attempt is kept', file: attempt, edits: [['extra.controller = null;', ';']],
  },
  {
    name: 'a concurrent handler outlives its attempt', file: attempt,
    edits: [["to.kernel.end(extra.worker, 'shutdown');", ';']],
  },
  { name: 'a receipt tells its end twice', file: rare, edits: [[
    /if \(this\.watchers !== null\)\s+this\.tell\(outcome\.kind\);/,
    'if (this.watchers !== null) { this.tell(outcome.kind); this.tell(outcome.kind); }',
  ]] },
  {
    name: 'what is taken back is gone', file: attempt,
    edits: [['hold(to, d); awaitOwner(to, d); } } /*', 'hold(to, d); } } /*']],
  },
];
