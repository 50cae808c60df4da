// Wrong variants of timers and of how an agent ends, which the oracle alone judges: see scripts/mutants.mjs.
const verbs = 'src/behaviour/gen/process-verbs.js';
const asked = 'src/behaviour/gen/timer-verbs.js';
const timer = 'src/process/signal/timer.js';

export const timersAndEnds = [
  {
    name: 'what terminate throws or exits with is ignored unless it is an Error', file: 'src/behaviour/gen/ending.js',
    family: 'servers',
    edits: [['terminateThrew(p, error);', 'if (error instanceof Error) terminateThrew(p, error);']],
  },
  { name: 'to read a timer stops it', file: timer, family: 'timers', edits: [[
    'return timer.entry === null ? false : timer.kernel.deadlines.left(timer.entry);',
    'if (timer.entry === null) return false; const left = timer.kernel.deadlines.left(timer.entry);'
      + ' timer.stop(); return left;',
  ]] },
  {
    name: 'a timer that is over has 0 ms left', file: timer, family: 'timers',
    edits: [['return timer.entry === null ? false : timer', 'return timer.entry === null ? 0 : timer']],
  },
  {
    name: 'what fires does not tell its timer', file: verbs, family: 'timers',
    edits: [['new TimerFired(timer, message)', 'new TimerFired(null, message)']],
  },
  { name: 'an asynchronous cancel only reads', file: asked, family: 'timers', edits: [[
    'cancels ? cancelTimer(timer) : readTimer(timer)',
    'cancels && options.async !== true ? cancelTimer(timer) : readTimer(timer)',
  ]] },
  {
    name: 'an asynchronous read is told as a cancel', file: asked, family: 'timers',
    edits: [["cancels ? 'CANCEL_TIMER' : 'READ_TIMER'", "'CANCEL_TIMER'"]],
  },
];
