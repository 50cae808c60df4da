/** A promise that is broken in the program of a life: a text that stands in it once, and another. */
export interface BrokenLife {
  readonly variant: string;
  readonly fault: string;
  readonly edits: readonly (readonly [string, string])[];
}

/** What a proof by kills must find out; the texts are those of the bundle that scripts/program.mjs makes. */
export const brokenLives: readonly BrokenLife[] = [
  {
    variant: 'topics', fault: 'the place of an agent moves on in a commit before that of its delivery', edits: [[
      'const accepted = deliveriesOf(kernel).deliver(to, to.op, payload, null, this.terms);',
      'const accepted = this.log.durability.journal.flush()'
      + '.then(() => deliveriesOf(kernel).deliver(to, to.op, payload, null, this.terms));',
    ]],
  },
  {
    variant: 'topics', fault: 'a place is stored one message too far',
    edits: [['encode([FORMAT, this.at], "a cursor")', 'encode([FORMAT, this.at + 1], "a cursor")']],
  },
  {
    variant: 'schedules', fault: 'the record moves on in a commit after that of the delivery', edits: [[
      "durability.timers.put(this.name, encode(row, `schedule '${this.name}'`));",
      "const put = () => durability.timers.put(this.name, encode(row, `schedule '${this.name}'`));\n"
      + 'durability.journal.flush().then(put);',
    ]],
  },
  {
    variant: 'queues', fault: 'a push is told before its commit',
    edits: [['this.rows.journal.whenCommitted(push);', 'push.committed();']],
  },
  {
    variant: 'queues', fault: 'the row of an acknowledged item stays',
    edits: [['this.journal.remove("item", item.id);', '']],
  },
  {
    variant: 'addresses', fault: 'a turn is answered before its commit', edits: [[
      'this.journal.whenCommitted(new TurnCommit(parts, () => void this.waiting--));',
      'new TurnCommit(parts, () => void this.waiting--).committed();',
    ]],
  },
  {
    variant: 'logs', fault: 'the deltas go in a commit before that of the whole state', edits: [[
      'journal.put("state", name, next);',
      'const whole = next.slice();\nthis.journal.flush().then(() => journal.put("state", name, whole));',
    ]],
  },
];
