// Wrong variants of mailboxes under pressure: see scripts/mutants.mjs.
const mailbox = 'src/mailbox/mailbox.js';
const account = 'src/mailbox/account.js';
const evict = 'src/mailbox/evict.js';
const admit = 'src/process/send/admit.js';
const put = 'src/router/request/put.js';

export const pressure = [
  {
    name: 'a freed place is not given to who waits', file: mailbox,
    edits: [['lifted(this); this.letIn(state, 0); if (lane.n > 0) putBack(this);', ';']],
  },
  {
    name: 'the bound is checked before a suspended sender is released', file: mailbox,
    edits: [[
      'lifted(this); this.letIn(state, 0); if (lane.n > 0) putBack(this);', 'this.letIn(state, 0);',
    ]],
  },
  {
    name: 'two come in for one place', file: mailbox,
    edits: [['return this.size + kept < capacity', 'return this.size + kept <= capacity']],
  },
  {
    name: 'a put is released twice', file: mailbox,
    edits: [['first.enter();', 'first.enter(); first.enter();']],
  },
  {
    name: 'who arrives overtakes who waits', file: admit,
    edits: [['if (state.waiting.size > 0 && !(', 'if (state.waiting.size < 0 && !(']],
  },
  {
    name: 'the reserve is for all lanes', file: mailbox,
    edits: [['rank === Rank.Critical ? rules.capacity + rules.reserve', 'rank >= 0 ? rules.capacity + rules.reserve']],
  },
  { name: 'there is no reserve', file: mailbox, edits: [['rules.capacity + rules.reserve', 'rules.capacity']] },
  {
    name: 'what is above the capacity drives out what is below', file: admit,
    edits: [['reserved(p, state), least)', 'reserved(p, state), 0)']],
  },
  {
    name: 'drop-oldest takes the newest', file: 'src/mailbox/lane.js',
    edits: [['const distance = this.scan(fits);', 'const distance = this.scan(fits) < 0 ? -1 : this.n - 1;']],
  },
  { name: 'drop-oldest takes from the highest lane', file: evict, edits: [
    ['if (lowest > rank) return false; const lane = laneOf(box, lowest);', 'const lane = laneOf(box, 3 - lowest);'],
  ] },
  {
    name: 'what has expired keeps its place', file: admit,
    edits: [['if (extra === null || extra.nextExpiry === Infinity) return;', 'if (extra !== undefined) return;']],
  },
  {
    name: 'the caller of an evicted call waits on', file: admit,
    edits: [['if (from instanceof ReplySlot) from.lost(code);', ';']],
  },
  { name: 'an evicted message is not counted', file: account, edits: [
    ['box.size--; count(box, as);', "box.size--; if (as !== 'dropped') count(box, as);"],
  ] },
  {
    name: 'a put that gave up comes in all the same', file: put,
    edits: [['withdraw(this.callee, this.waiter, outcome);', ';']],
  },
  {
    name: 'a put of a dead sender stays in line', file: put,
    edits: [["this.leave('dropped', this.error('ZOMBIE', {}));", "this.end(this.error('ZOMBIE', {}));"]],
  },
  {
    name: 'a put waits for the dead', file: 'src/process/kernel/exit.js',
    edits: [["rejectWaiters(p, pressure, 'EXIT', reason);", ';']],
  },
  { name: 'a replaced message is not counted', file: account, edits: [
    ['box.sent++; count(box, as);', "box.sent++; if (as !== 'superseded') count(box, as);"],
  ] },
  { name: 'keep first replaces', file: admit, edits: [['if (!coalesce.keepFirst) {', 'if (coalesce !== null) {']] },
  { name: 'the bytes of what is taken stay', file: mailbox, edits: [['state.bytes -= extra.bytes;', ';']] },
  {
    name: 'a low lane starves', file: mailbox,
    edits: [['state.rules.ageEvery > 0 ? this.aged(state) : this.strict()', 'this.strict()']],
  },
  { name: 'a closed mailbox takes more', file: admit, edits: [['state.closed = true;', ';']] },
];
