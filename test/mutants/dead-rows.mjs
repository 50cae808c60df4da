// Wrong variants of stored dead letters: see scripts/mutants.mjs.
const stored = 'src/delivery/durable/stored-message.js';
const durability = 'src/delivery/durable/durability.js';
const rows = 'src/delivery/durable/dead-rows.js';
const backlog = 'src/delivery/durable/backlog.js';
const delivery = 'src/delivery/guarantee/delivery.js';

export const deadRows = [
  { name: 'dead rows: a retry leaves the row of its letter', file: durability, edits: [
    ['letter?.redelivered(stored);', ';'],
  ] },
  { name: 'dead rows: a letter leaves in a transaction of its own', file: rows, edits: [[
    "if (this.book.take(seq) !== undefined) this.journal.remove('dead', seq);",
    "if (this.book.take(seq) !== undefined) this.journal.whenCommitted({ "
      + "committed: () => { if (this.journal.state === 'open') this.journal.remove('dead', seq); }, "
      + 'uncommitted() {} });',
  ]] },
  { name: 'dead rows: the steps of a retry have another key', file: stored, edits: [
    ['return this.before === null ? this.seq : this.before.origin;', 'return this.seq;'],
  ] },
  { name: 'dead rows: a retry before the end is committed counts as a duplicate of itself', file: delivery, edits: [
    ['first !== undefined && first !== known', 'first !== undefined'],
  ] },
  { name: 'dead rows: a later life forgets the attempts before a retry', file: backlog, edits: [
    ['rare.past = { id: 0, ...envelope.before };', ';'],
  ] },
  { name: 'dead rows: letters of earlier lives are not read', file: durability, edits: [
    ['await this.letters.load();', ';'],
  ] },
  { name: 'dead rows: as many are kept as come', file: rows, edits: [
    ['this.book.add(seq, { bytes: body.length, at, steps }); this.keepWithin();',
      'this.book.add(seq, { bytes: body.length, at, steps });'],
  ] },
  { name: 'dead rows: a row that was replaced stays', file: rows, edits: [
    ['this.release(seq); this.book.add(made', 'this.book.add(made'],
  ] },
].map((mutant) => ({ ...mutant, suite: 'dead-rows' }));
