// Wrong variants of attempts, windows and dead letters: see scripts/mutants.mjs.
const schedule = 'src/delivery/guard/schedule.js';
const rules = 'src/delivery/guarantee/rules.js';
const destination = 'src/delivery/guarantee/destination.js';
const deliver = 'src/delivery/guarantee/delivery.js';
const delivered = 'src/delivery/guarantee/delivered.js';

export const attempts = [
  {
    name: 'a back-off is rounded down', file: schedule, suite: 'attempts',
    edits: [['Math.ceil(full', 'Math.floor(full']],
  },
  {
    name: 'a back-off has no cap', file: schedule, suite: 'attempts',
    edits: [['Math.min(schedule.maxMs, ', 'Math.max(0, ']],
  },
  {
    name: 'every crash that a message causes counts', file: rules, suite: 'attempts',
    edits: [['if (rare.crashed && ext.verdict === null)', 'if (ext.verdict === 0)']],
  },
  {
    name: 'the first crash that a message causes is charged to it', file: rules, suite: 'attempts',
    edits: [['rare.crashed && ', '']],
  },
  {
    name: 'a first crash after a nack is charged to its message', file: destination, suite: 'attempts',
    edits: [['else charge(d);', 'else { d.rarely().crashed = d.attempts > 1; charge(d); }']],
  },
  {
    name: 'a full window takes more', file: deliver, suite: 'attempts',
    edits: [['if (window.full)', 'if (window.full === null)']],
  },
  {
    name: 'a window never moves on', file: 'src/delivery/guarantee/window.js', suite: 'attempts',
    edits: [['while (above.size > 0 && above.delete(numbers.at(0))) numbers.shift();', ';']],
  },
  {
    name: 'what could not begin was no attempt', file: 'src/behaviour/agent/agent.js', suite: 'attempts',
    edits: [['if (call === null || call.claimed()) runConcurrent', 'runConcurrent']],
  },
  {
    name: 'what onError has ended is decided once more', file: destination, suite: 'attempts',
    edits: [['if (!d.running || d.starts !== starts)', 'if (starts < 0)']],
  },
  {
    name: 'an end from outside begins a back-off', file: destination, suite: 'attempts',
    edits: [['if (!d.guilty) this.await(d);', 'if (d.attempts < 0) this.await(d);']],
  },
  { name: 'a message may begin in the ms in which it expires', file: delivered, suite: 'attempts', edits: [
    [
      'if (this.due >= 0 && this.to.kernel.env.mono() >= this.due)',
      'if (this.due >= 0 && this.to.kernel.env.mono() > this.due)',
    ],
    ['this.lapsed = true; if', 'if (this.state !== 1) this.lapsed = true; if'],
    ['else if (this.state === State.Queued) this.to.lapsedQueued(this);', ''],
  ] },
  {
    name: 'short slices put off what is due', file: 'src/base/deadlines.js', suite: 'attempts',
    edits: [['this.armedAt <= now + wait', 'this.armedAt <= first.key']],
  },
  { name: 'a queued at-most-once goes to the next incarnation', file: destination, suite: 'delivery', edits: [[
    "if (d.terms.guarantee === 'at-most-once' || this.delivery.closed || !canReturn(d))",
    'if (this.delivery.closed || !canReturn(d))',
  ]] },
  {
    name: 'a process that has had no turn was a start', file: destination, suite: 'delivery',
    edits: [['if (d.ahead) this.unbegun(d);', ';']],
  },
  {
    name: 'a letter that makes room while it is retried is counted twice',
    file: 'src/router/dead-letter/dead-letters.js', suite: 'letters', edits: [['if (kept.gone) this.evicted--;', ';']],
  },
];
