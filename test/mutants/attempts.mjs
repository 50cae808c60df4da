// Wrong variants of attempts, windows and dead letters: see scripts/mutants.mjs.
const schedule = 'src/base/backoff.js';
const attempt = 'src/delivery/guarantee/attempt.js';
const deliver = 'src/delivery/guarantee/delivery.js';

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
    name: 'every crash that a message causes counts', file: attempt, suite: 'attempts',
    edits: [['if (rare.crashed && ext.verdict === null)', 'if (ext.verdict === 0)']],
  },
  {
    name: 'the first crash that a message causes is charged to it', file: attempt, suite: 'attempts',
    edits: [['rare.crashed && ', '']],
  },
  {
    name: 'a first crash after a nack is charged to its message', file: attempt, suite: 'attempts',
    edits: [['else charge(d);', 'else { d.rarely().crashed = d.attempts > 1; charge(d); }']],
  },
  {
    name: 'a full window takes more', file: deliver, suite: 'attempts',
    edits: [['if (window.full)', 'if (window.full === null)']],
  },
  {
    name: 'a window never moves on', file: 'src/delivery/guarantee/dedupe/window.js', suite: 'attempts',
    edits: [['while (above.size > 0 && above.delete(numbers.at(0))) numbers.shift();', ';']],
  },
  {
    name: 'what could not begin was no attempt', file: 'src/behaviour/gen/server/server.js', suite: 'attempts',
    edits: [['if (call === null || call.claimed()) runConcurrent', 'runConcurrent']],
  },
  {
    name: 'what onError has ended is decided once more', file: attempt, suite: 'attempts',
    edits: [['if (!d.running || d.starts !== starts)', 'if (starts < 0)']],
  },
  {
    name: 'an end from outside begins a back-off', file: attempt, suite: 'attempts',
    edits: [['if (!guilty) awaitOwner(to, d);', 'if (d.attempts < 0) awaitOwner(to, d);']],
  },
  { name: 'a message may begin in the ms in which it expires', file: attempt, suite: 'attempts', edits: [
    ['if (due >= 0 && to.kernel.env.mono() >= due)', 'if (due >= 0 && to.kernel.env.mono() > due)'],
    ['d.lapsed = true; if', 'if (d.state !== 1) d.lapsed = true; if'],
    ['else if (d.state === State.Queued) lapsedQueued(to, d);', ''],
  ] },
  {
    name: 'short slices put off what is due', file: 'src/base/deadlines.js', suite: 'attempts',
    edits: [['this.armedAt <= now + wait', 'this.armedAt <= first.key']],
  },
  { name: 'a queued at-most-once goes to the next incarnation', file: attempt, suite: 'delivery', edits: [[
    "if (d.terms.guarantee === 'at-most-once' || to.shared.closed || !outlasts(d.target))",
    'if (to.shared.closed || !outlasts(d.target))',
  ]] },
  {
    name: 'a process that has had no turn was a start', file: attempt, suite: 'delivery',
    edits: [['if (d.ahead) unbegun(to, d);', ';']],
  },
  {
    name: 'a letter that makes room while it is retried is counted twice',
    file: 'src/router/dead-letter/dead-letters.js', suite: 'letters', edits: [['if (kept.gone) this.evicted--;', ';']],
  },
];
