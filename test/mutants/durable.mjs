// Wrong variants of durable agents and stored deliveries: see scripts/mutants.mjs.
const stored = 'src/delivery/durable/stored-message.js';
const turn = 'src/delivery/durable/agent-turn.js';
const whole = 'src/delivery/durable/state/whole-state.js';
const backlog = 'src/delivery/durable/backlog.js';
const keys = 'src/delivery/durable/key-rows.js';
const durability = 'src/delivery/durable/durability.js';
const accept = 'src/delivery/guarantee/accept.js';
const message = 'src/delivery/guarantee/message.js';

/** Later than it should: once what was added before is committed. */
const later = (what) => `journal.whenCommitted({ committed: () => ${what}, uncommitted() {} });`;

const mutants = [
  { name: 'the end of a message is told before its commit', file: stored, edits: [[
    'false); } journal.whenCommitted(new End(this, outcome, answer));',
    'false); } this.tell(outcome, answer);',
  ]] },
  { name: 'a message is accepted before its commit', file: stored, edits: [[
    'if (this.settled || (by !== null', 'if (true || (by !== null',
  ]] },
  { name: 'what became of an end that nobody knows is told as known', file: stored, edits: [[
    'uncommitted(error) { this.stored.tell(unsafe(this.outcome, error), false);',
    'uncommitted(error) { this.stored.tell(this.outcome, this.answer);',
  ]] },
  { name: 'the row of a handled message stays', file: stored, edits: [["journal.remove('message', this.seq);", ';']] },
  { name: 'the row of a handled message goes in a transaction of its own', file: stored, edits: [[
    "journal.remove('message', this.seq);", later("journal.remove('message', this.seq)"),
  ]] },
  { name: 'the key of a handled message is not stored', file: stored, edits: [[
    'keys.add(this.stream, d.record, outcome);', 'keys.free(this.stream, d.record);',
  ]] },
  { name: 'the key of a message that waits is not stored', file: stored, edits: [[
    'keys.take(this.stream, this.message.record, this.message.payload, this.seq);', ';',
  ]] },
  { name: 'attempts are not marked before they begin', file: stored, edits: [[
    'if (this.marked) this.shared.journal.mark', 'if (this.marked && this.seq < 0) this.shared.journal.mark',
  ]] },
  { name: 'the record of attempts outlives its message', file: stored, edits: [[
    "if (this.attempts || this.earlier) journal.drop('attempt'", "if (this.seq < 0) journal.drop('attempt'",
  ]] },
  { name: 'no dead letter is stored', file: stored, edits: [[
    'return dead.add(this.stream, body,', 'return ((a, b) => -1)(this.stream, body,',
  ]] },
  { name: 'what a turn sends is stored before its end', file: durability, edits: [[
    'const turn = joins ? openTurn(d.caller) : null;', 'const turn = null;',
  ]] },
  { name: 'casts leave before the commit of their turn', file: durability, edits: [[
    'turn.keep(send); return true;', 'return false;',
  ]] },
  { name: 'an answer given by hand is no part of its turn', file: durability, edits: [[
    'if (turn.open) turn.keep(kept);', 'if (turn.open) return false;',
  ]] },
  { name: 'the open turn of who is killed stays open', file: turn, edits: [[
    'if (this.open) this.abandon(reason);', ';',
  ]] },
  { name: 'keys of earlier lives are not read', file: durability, edits: [['await this.keys.load();', ';']] },
  { name: 'marks of attempts are not read', file: durability, edits: [['of marks)', 'of [])']] },
  { name: 'a system that has stopped recovers', file: durability, edits: [[
    'if (this.closed) return;', ';',
  ]] },
  { name: 'the state is stored in a transaction of its own', file: whole, edits: [[
    "journal.put('state', this.name, next);", later("journal.put('state', this.name, next)"),
  ]] },
  { name: 'a state that was changed in place is not stored', file: whole, edits: [[
    'this.next = encodeState(terms, terms.shape.of(self), null);',
    'if (this.seen === (this.seen = self.state)) return 0; this.next = encodeState(terms, self.state, null);',
  ]] },
  { name: 'a turn that fails keeps what was changed in place', file: whole, edits: [[
    'if (this.last !== null) this', 'if (this.last === undefined) this',
  ]] },
  { name: 'a turn that fails sends', file: turn, edits: [[
    'part.dropped(reason);', '{ part.joins(); part.committed(); }',
  ]] },
  { name: 'the turn of an attempt that has failed is committed', file: turn, edits: [[
    'if (this.open) this.failing = true;', ';',
  ]] },
  { name: 'a stop for a bad reason commits its turn', file: message, edits: [[
    'else if (!answered && (!isOrderly(reason) || isError(reason)))', 'else if (!answered && reason === this)',
  ]] },
  { name: 'new messages go before those of earlier lives', file: accept, edits: [[
    'if (to.recovered !== null) to.recovered.push(d, delayMs);',
    'if (to.recovered === d) to.recovered.push(d, delayMs);',
  ]] },
  { name: 'attempts of earlier lives do not count', file: backlog, edits: [[
    'd.attempts = known.attempts;', ';',
  ]] },
  { name: 'what came meanwhile stays behind', file: backlog, edits: [[
    'goesOn(to, message, delayMs); }', '; }',
  ]] },
  { name: 'keys of messages that wait are taken for handled ones', file: keys, edits: [[
    'if (row[0] === TAKEN) this.waiting.set(key, takenOf(row));', 'if (row[0] === TAKEN) ;',
  ]] },
];

export const durables = mutants.map((mutant) => ({ suite: 'durable', ...mutant, name: `durable: ${mutant.name}` }));
