// Wrong variants of logs of deltas, of agents that are set aside, and of durable machines: see scripts/mutants.mjs.
const log = 'src/delivery/durable/state/delta-log.js';
const aside = 'src/delivery/durable/aside.js';
const turn = 'src/delivery/durable/agent-turn.js';
const step = 'src/behaviour/statem/step.js';
const machine = 'src/behaviour/statem/durable.js';

/** Later than it should: once what was added before is committed. */
const later = (what) => `journal.whenCommitted({ committed: () => ${what}, uncommitted() {} });`;

const mutants = [
  // Behind the removals: with nothing on its way it would be told before the batch is sealed.
  { name: 'the whole state of a log is stored in a transaction of its own', file: log, edits: [
    ["journal.put('state', name, next);", ';'],
    ['this.whole = next.slice();', `${later("journal.put('state', name, next)")} this.whole = next.slice();`],
  ] },
  { name: 'deltas are rows of a transaction of their own', file: log, edits: [[
    'else this.extend();', 'else { const { fresh, freshBytes } = this; this.journal.whenCommitted({ committed: () => { '
      + 'const now = [this.fresh, this.freshBytes]; [this.fresh, this.freshBytes] = [fresh, freshBytes]; '
      + 'this.extend(); [this.fresh, this.freshBytes] = now; }, uncommitted() {} }); }',
  ]] },
  { name: 'deltas go before the whole state is there', file: log, edits: [[
    'const full = this.kept.length', 'if (this.kept.length > 2) { for (const { seq } of this.kept) '
      + "this.journal.remove('delta', seq); this.kept = []; } const full = this.kept.length",
  ]] },
  { name: 'a compacted log keeps its deltas', file: log, edits: [[
    "for (const { seq } of kept) journal.remove('delta', seq);", ';',
  ]] },
  { name: 'a log is never compacted', file: log, edits: [['return full && this', 'return this.last < 0 && this']] },
  { name: 'deltas in the whole state are applied once more', file: log, edits: [[
    'const folded = record.folded ?? 0;', 'const folded = 0;',
  ]] },
  { name: 'a turn that fails keeps its deltas', file: log, edits: [[
    'this.last -= this.fresh.length; this.fresh = [];', ';',
  ]] },
  { name: 'a delta that apply refuses is stored', file: log, edits: [[
    'this.other = false; throw error; }', 'this.fresh.push(bytes); this.last++; return; }',
  ]] },
  { name: 'the count of crashes is not stored', file: aside, edits: [[
    "this.journal.put('meta', asideKey(name), bytes);", ';',
  ]] },
  { name: 'the count of crashes of earlier lives is not read', file: aside, edits: [[
    'this.counts.set(key.slice(PREFIX.length), decodeCrashes(body));', ';',
  ]] },
  { name: 'a count of crashes ends with no success', file: turn, edits: [[
    'crashes.succeeded(this.name);', ';',
  ]] },
  { name: 'who is set aside starts', file: aside, edits: [['if (count?.aside !== true)', 'if (count?.aside !== 1)']] },
  { name: 'a message without a row is told before the commit of its turn', file: turn, edits: [[
    'rare.stored ??= new Rowless(d, journal);', ';',
  ]] },
  { name: 'a crash is none', file: turn, edits: [['if (this.crashing && ', 'if (!this.crashing && ']] },
  { name: 'the state of a machine is not in the commit of its event', file: step, edits: [[
    'm.hibernating = step.hibernate; if (m.turn !== null) m.turn.end(m);', 'm.hibernating = step.hibernate;',
  ]] },
  { name: 'what a machine has inserted is not stored', file: machine, edits: [[
    'rowsOf(inside.next).reverse()', '[]',
  ]] },
  { name: 'an inserted event comes twice in the next life', file: machine, edits: [[
    'this.takes(turn); return new Kept(timeouts, next, postponed);',
    'this.takes(turn); return new Kept(timeouts, [...next, ...next], postponed);',
  ]] },
];

export const durableAgents = mutants.map((mutant) => ({
  suite: 'agents', ...mutant, name: `durable agents: ${mutant.name}`,
}));
