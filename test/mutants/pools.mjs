// Wrong variants of pools, balancers and dead letters: see scripts/mutants.mjs.
const manager = 'src/delivery/group/pool-manager.js';
const place = 'src/delivery/guarantee/rules.js';
const ref = 'src/delivery/group/pool.js';
const strategy = 'src/delivery/group/strategy.js';
const balance = 'src/delivery/group/balance.js';
const member = 'src/delivery/group/member.js';
const letters = 'src/router/dead-letter/dead-letters.js';

export const pools = [
  { suite: 'pools', name: 'pool: the slot of a crashed worker does not come back', file: manager, edits: [
    ['state.slots.delete(p); state.changed(); if (slot !== undefined', 'state.changed(); if (slot !== undefined'],
  ] },
  { suite: 'pools', name: 'pool: one worker more than max', file: manager, edits: [[
    'return this.slots.size + this.starting + this.stopping.size;',
    'return this.slots.size + this.starting + this.stopping.size - 1;',
  ]] },
  { suite: 'pools', name: 'pool: the checkout of a dead owner is kept', file: manager, edits: [
    ['if (whom instanceof Ticket) return release(self, whom);', 'if (whom instanceof Ticket) return undefined;'],
  ] },
  {
    suite: 'pools', name: 'pool: a worker is given to two', file: manager,
    edits: [['slot.lease === null && slot.p.owner !== null && isWell', 'slot.p.owner !== null && isWell']],
  },
  {
    suite: 'pools', name: 'pool: a released ref goes on', file: ref,
    edits: [['return this.over ? null : this.p.owner;', 'return this.p.owner;']],
  },
  {
    suite: 'pools', name: 'pool: a checkout waits for ever', file: ref,
    edits: [["timeoutMs: limit < 0 ? 'infinity' : limit, signal", "timeoutMs: 'infinity', signal"]],
  },
  {
    suite: 'pools', name: 'pool: shrinks below min', file: manager,
    edits: [['>= idleMs && state.slots.size > min', '>= idleMs']],
  },
  {
    suite: 'pools', name: 'pool: never shrinks', file: manager,
    edits: [['self.sendAfter(Math.ceil(idleMs / 4), TICK);', ';']],
  },
  {
    suite: 'pools', name: 'pool: a delivery ends with its worker', file: place,
    edits: [['(target instanceof PoolAddress && target.lasts)', 'false']],
  },
  {
    suite: 'pools', name: 'balance: a dead member is not removed', file: balance,
    edits: [['if (p === null && member.gone) this.stale = true;', ';']],
  },
  {
    suite: 'pools', name: 'balance: the dead are chosen', file: member,
    edits: [['return p !== null && p.behaviour', 'return p === null ? this.ref.addr : p.behaviour']],
  },
  { suite: 'pools', name: 'balance: the most loaded is chosen', file: strategy, edits: [
    ['const load = p === null ? Infinity : loadOf(p);', 'const load = p === null ? Infinity : 1e6 - loadOf(p);'],
  ] },
  {
    suite: 'pools', name: 'balance: of two the more loaded is chosen', file: strategy,
    edits: [['< loadOf(from.taker(one)) ? other : one', '< loadOf(from.taker(one)) ? one : other']],
  },
  {
    suite: 'pools', name: 'balance: the hash ignores the key', file: strategy,
    edits: [['const score = scoreOf(key, member.hash);', 'const score = mix(from.u32());']],
  },
  { suite: 'pools', name: 'balance: the first has no turn', file: strategy, edits: [
    ['if (this.next >= list.length) this.next = 0;', 'if (this.next >= list.length) this.next = 1 % list.length;'],
  ] },
  {
    suite: 'pools', name: 'balance: weights are ignored', file: strategy,
    edits: [['one.weight * (this.turn + 1)', '(this.turn + 1)']],
  },
  {
    suite: 'pools', name: 'balance: turns are owed to who has gone', file: strategy,
    edits: [['this.turn = 0; this.sum = 0;', 'this.sum = 0;']],
  },
  {
    suite: 'letters', name: 'letters: a retry doubles', file: letters,
    edits: [['this.remove(kept); this.retried++;', 'this.retried++;']],
  },
  { suite: 'letters', name: 'letters: a refused retry is lost', file: letters, edits: [
    [
      'if (code !== null) return code; if (kept.gone)',
      'if (code !== null) { this.remove(kept); this.retried++; return code; } if (kept.gone)',
    ],
  ] },
  {
    suite: 'letters', name: 'letters: prune removes too much', file: letters,
    edits: [["this.select('prune', query)", "this.select('prune', {})"]],
  },
  {
    suite: 'letters', name: 'letters: a limit is ignored', file: letters,
    edits: [['if (found.length === query.limit) break;', ';']],
  },
  { suite: 'letters', name: 'letters: an edit is not sent', file: letters, edits: [[
    'letter.payload : checkedBy(kept, edit.payload), letter); } finally',
    '(kept.first ??= letter.payload) : checkedBy(kept, edit.payload), letter); } finally',
  ], ['const made = { letter, redelivery,', 'const made = { letter, redelivery, first: letter.payload,']] },
];
