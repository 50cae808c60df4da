// Wrong variants of src/delivery: see scripts/mutants.mjs.
const breaker = 'src/delivery/guard/breaker.js';
const limit = 'src/delivery/guard/limit.js';
const retry = 'src/delivery/guard/retry.js';
const schedule = 'src/base/backoff.js';
const watch = 'src/router/request/watch.js';

export const delivery = [
  { name: 'half-open admits one more', file: breaker, edits: [
    ['this.probes.size + this.probed < this.options.probes', 'this.probes.size + this.probed <= this.options.probes'],
  ] },
  {
    name: 'a probe that has succeeded makes room for another', file: breaker,
    edits: [['this.probes.size + this.probed < this.options.probes', 'this.probes.size < this.options.probes']],
  },
  {
    name: 'one success closes', file: breaker, edits: [['++this.probed === this.options.probes', '++this.probed > 0']],
  },
  {
    name: 'a result of an earlier state decides', file: breaker,
    edits: [["passage.epoch === this.epoch && verdict !== 'ignored'", "verdict !== 'ignored'"]],
  },
  {
    name: 'a probe is let through one ms early', file: breaker,
    edits: [['this.kernel.env.mono() >= this.dueAt', 'this.kernel.env.mono() >= this.dueAt - 1']],
  },
  {
    name: 'the breaker opens one failure late', file: breaker,
    edits: [['this.inARow === this.options.failures', 'this.inARow > this.options.failures']],
  },
  {
    name: 'a success does not begin the row anew', file: breaker,
    edits: [['failed ? this.inARow + 1 : 0', 'failed ? this.inARow + 1 : this.inARow']],
  },
  { name: 'the row outlives a close', file: breaker, edits: [['this.inARow = 0; this.window', 'this.window']] },
  {
    name: 'a change is told twice', file: breaker,
    edits: [['() => listener(change),', '() => { listener(change); listener(change); },']],
  },
  {
    name: 'the probe of a dead agent keeps its place', file: breaker,
    edits: [["this.circuit.settle(this, 'ignored');", ';']],
  },
  {
    name: 'an abort by the signal is a failure', file: 'src/delivery/guard/breaker-error.js',
    edits: [["return nameOf(signal.reason) === 'TimeoutError';", 'return true;']],
  },
  {
    name: 'an AbortError is a failure', file: 'src/delivery/guard/breaker-error.js',
    edits: [["nameOf(error) !== 'AbortError' && ", '']],
  },
  {
    name: 'the slot of a dead agent is lost', file: limit,
    edits: [['this.limiter.leave(this, !this.called, error);', ';']],
  },
  { name: 'a dead agent goes on waiting', file: limit, edits: [['this.limiter.withdraw(this, error);', ';']] },
  { name: 'one slot too many', file: limit, edits: [[
    'while (this.waiting > 0 && this.running < concurrency',
    'while (this.waiting > 0 && this.running <= concurrency',
  ]] },
  {
    name: 'one start of a burst too many', file: limit,
    edits: [['(options.burst - 1) * this.intervalMs', 'options.burst * this.intervalMs']],
  },
  {
    name: 'the latest agent has the next turn', file: limit,
    edits: [['const own = this.agents.shift();', 'const own = this.agents.last; this.agents.remove(own);']],
  },
  {
    name: 'who comes overtakes who waits', file: limit,
    edits: [['this.waiting === 0 && this.running <', 'this.running <']],
  },
  {
    name: 'retryAfterMs is not heard', file: limit,
    edits: [['if (asked === undefined) return;', 'if (asked !== null) return;']],
  },
  {
    name: 'an abort does not end the wait between attempts', file: retry,
    edits: [['aborted() { this.end(); }', 'aborted() { }']],
  },
  {
    name: 'a death does not end the wait between attempts', file: retry,
    edits: [['release() { this.end(); }', 'release() { }']],
  },
  {
    name: 'an attempt is made under a signal that has fired', file: retry,
    edits: [['if (signal !== undefined && signal.aborted) throw new Ended(signal.reason);', ';']],
  },
  {
    name: 'the dead make another attempt', file: retry,
    edits: [['if (owner.ended()) throw new Ended(owner.reason());', ';']],
  },
  {
    name: 'the wait before the third attempt is that before the second', file: schedule,
    edits: [['(attempt - 1)', 'Math.max(0, attempt - 2)']],
  },
  {
    name: 'jitter makes a wait longer', file: schedule,
    edits: [['1 - schedule.jitter * random', '1 + schedule.jitter * random']],
  },
  {
    name: 'a wait between attempts has no cap', file: schedule,
    edits: [['Math.min(schedule.maxMs, schedule.baseMs', 'Math.max(schedule.baseMs, schedule.baseMs']],
  },
  {
    name: 'an abort does not end a wait at a limit', file: limit,
    edits: [['aborted(reason) { this.limiter.withdraw(this, reason); }', 'aborted() { }']],
  },
  { name: 'only the first of many hears that their signal has fired', file: watch, edits: [[
    'for (let one = this.head; one !== null; one = this.head) {',
    'for (let one = this.head, n = 0; one !== null && n < 1; one = this.head, n++) {',
  ]] },
  {
    name: 'who leaves a line of waits takes those behind along', file: watch,
    edits: [['prior.next = next;', 'prior.next = null;']],
  },
  {
    name: 'the listener on a signal stays', file: watch,
    edits: [['offAbort(this.signal, this.told);', ';']],
  },
];
