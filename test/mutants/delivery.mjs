// Wrong variants of src/delivery: see scripts/mutants.mjs.
const breaker = 'src/delivery/breaker.js';
const limit = 'src/delivery/limit.js';

export const delivery = [
  { name: 'half-open admits one more', file: breaker, edits: [['this.probes.size + this.probed < this.options.probes', 'this.probes.size + this.probed <= this.options.probes']] },
  { name: 'a probe that has succeeded makes room for another', file: breaker, edits: [['this.probes.size + this.probed < this.options.probes', 'this.probes.size < this.options.probes']] },
  { name: 'one success closes', file: breaker, edits: [['++this.probed === this.options.probes', '++this.probed > 0']] },
  { name: 'a result of an earlier state decides', file: breaker, edits: [["passage.epoch === this.epoch && verdict !== 'ignored'", "verdict !== 'ignored'"]] },
  { name: 'a probe is let through one ms early', file: breaker, edits: [['this.kernel.env.mono() >= this.dueAt', 'this.kernel.env.mono() >= this.dueAt - 1']] },
  { name: 'the breaker opens one failure late', file: breaker, edits: [['this.inARow === this.options.failures', 'this.inARow > this.options.failures']] },
  { name: 'a success does not begin the row anew', file: breaker, edits: [['failed ? this.inARow + 1 : 0', 'failed ? this.inARow + 1 : this.inARow']] },
  { name: 'the row outlives a close', file: breaker, edits: [['this.inARow = 0; this.window', 'this.window']] },
  { name: 'a change is told twice', file: breaker, edits: [['listener(change); }', 'listener(change); listener(change); }']] },
  { name: 'the probe of a dead agent keeps its place', file: breaker, edits: [["this.circuit.settle(this, 'ignored');", ';']] },
  { name: 'an abort by the signal is a failure', file: 'src/delivery/breaker-error.js', edits: [["return nameOf(signal.reason) === 'TimeoutError';", 'return true;']] },
  { name: 'an AbortError is a failure', file: 'src/delivery/breaker-error.js', edits: [["nameOf(error) !== 'AbortError' && ", '']] },
  { name: 'the slot of a dead agent is lost', file: limit, edits: [['this.gate.leave(this, !this.called, error);', ';']] },
  { name: 'a dead agent goes on waiting', file: limit, edits: [['this.gate.withdraw(this, error);', ';']] },
  { name: 'one slot too many', file: limit, edits: [['while (this.waiting > 0 && this.running < this.options.concurrent', 'while (this.waiting > 0 && this.running <= this.options.concurrent']] },
  { name: 'one start of a burst too many', file: limit, edits: [['(this.options.burst - 1) * this.intervalMs', 'this.options.burst * this.intervalMs']] },
  { name: 'the latest agent has the next turn', file: limit, edits: [['this.lines.entries().next().value;', '[...this.lines].at(-1);']] },
  { name: 'who comes overtakes who waits', file: limit, edits: [['if (this.waiting === 0 && this.running', 'if (this.running']] },
  { name: 'retryAfterMs is not heard', file: limit, edits: [['if (asked === undefined) return;', 'if (asked !== null) return;']] },
];
