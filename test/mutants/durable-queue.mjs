// Wrong variants of durable queues: see scripts/mutants.mjs.
const items = 'src/bus/queue/durable/durable-items.js';
const queue = 'src/bus/queue/durable/durable-queue.js';
const rows = 'src/bus/queue/durable/rows.js';
const earlier = 'src/bus/queue/durable/earlier.js';

const mutants = [
  { name: 'the row of an item that is over stays', file: rows, edits: [[
    "try { this.journal.remove('item', item.id); if (item.tried)", 'try { if (item.tried)',
  ]] },
  { name: 'an acknowledgement is told before its commit', file: items, edits: [[
    'return this.kernel.answer(this.rows.safe(verb, undefined));', 'return super.answered(verb, lease);',
  ]] },
  { name: 'a push is told before its commit', file: queue, edits: [[
    'this.rows.journal.whenCommitted(push);', 'this.entered(push);',
  ]] },
  { name: 'an acknowledgement in a turn does not wait for it', file: items, edits: [[
    'const turn = openTurn(lease.holder);', 'const turn = null;',
  ]] },
  { name: 'a push in a turn does not wait for it', file: queue, edits: [[
    'const turn = openTurn(owner);', 'const turn = null;',
  ]] },
  { name: 'the attempts of earlier lives are forgotten', file: items, edits: [[
    'if (known !== undefined) {', 'if (known === null) {',
  ]] },
  { name: 'the record of attempts outlives its item', file: rows, edits: [[
    "if (item.tried) this.journal.drop('attempt', String(item.id)); } catch { return false;",
    '} catch { return false;',
  ]] },
  { name: 'no dead item is stored', file: rows, edits: [["if (as === 'deadLettered')", 'if (item.id < 0)']] },
  { name: 'new items do not wait for those that are not read', file: earlier, edits: [[
    '|| this.unreadOf[lane] > 0)', ')',
  ]] },
  { name: 'somebody reads while all is read', file: items, edits: [[
    'this.reading = true; // nobody else does', ';',
  ]] },
  { name: 'a stop takes away what waits', file: items, edits: [[
    "ended(this.account, place, 'stored');", "this.rows.forget(item.id, false); ended(this.account, place, 'stored');",
  ]] },
];

export const durableQueues = mutants.map((mutant) => ({
  ...mutant, suite: 'durable-queue', name: `durable queue: ${mutant.name}`,
}));
