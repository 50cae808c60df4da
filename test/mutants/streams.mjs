// Wrong variants of streams and of streams of tasks: see scripts/mutants.mjs.
const source = 'src/behaviour/gen/request/source.js';
const stream = 'src/behaviour/gen/request/stream.js';
const drive = 'src/behaviour/gen/request/drive-stream.js';
const beside = 'src/behaviour/gen/server/concurrent.js';
const pump = 'src/bus/stream/pump.js';
const shared = 'src/bus/stream/shared.js';
const tasks = 'src/behaviour/task/stream.js';

export const streams = [
  {
    name: 'a stream that was left waits for demand for ever', file: stream, suite: 'stream',
    edits: [['if (this.demand !== null) this.wake(false);', ';']],
  },
  {
    name: 'the generator of a stream that was left is not finished', file: drive, suite: 'stream',
    edits: [["await pull(p, items, 'return');", ';']],
  },
  {
    name: 'the signal of a stream handler does not fire', file: stream, suite: 'stream',
    edits: [['controller.abort(this.left.reason);', ';']],
  },
  {
    name: 'a stream goes on when its consumer has died', file: stream, suite: 'stream',
    edits: [["this.leave(callError('ZOMBIE', { target: this.target, op: this.op }));", ';']],
  },
  {
    name: 'a stream that was left tells what it had failed with', file: stream, suite: 'stream',
    edits: [['this.leave(undefined); this.drop(); this.failure = undefined;', 'this.leave(undefined); this.drop();']],
  },
  {
    name: 'credit of a stream is never given back', file: stream, suite: 'stream',
    edits: [['&& this.bytes * 2 <= this.terms.creditBytes)', '&& false)']],
  },
  {
    name: 'a stream handler runs one item further ahead', file: stream, suite: 'stream',
    edits: [['this.ready.size < this.ahead', 'this.ready.size <= this.ahead']],
  },
  {
    name: 'the end of a stream overtakes what lies ready', file: stream, suite: 'stream',
    edits: [['this.settled = true; const { callee }', 'this.settled = true; this.drop(); const { callee }']],
  },
  {
    name: 'a stream ends in silence when its producer dies', file: stream, suite: 'stream',
    edits: [["this.end(callError('EXIT', { target: this.target, op: this.op, reason }));", 'this.end(undefined);']],
  },
  {
    name: 'an item that takes too long is waited for', file: stream, suite: 'stream',
    edits: [['if (terms.timeoutMs >= 0 && this.entry === null)', 'if (false)']],
  },
  {
    name: 'an abort leaves what lies ready', file: stream, suite: 'stream',
    edits: [
      ['this.drop(); this.end(failure);', 'this.end(failure);'],
      ['if (!zombie && signal?.aborted !== true)', 'if (!zombie)'],
    ],
  },
  {
    name: 'a stream that is forgotten waits for ever', file: stream, suite: 'stream',
    edits: [['else if (patience !== null && patience.entry === null && this.begun)', 'else if (false)']],
  },
  {
    name: 'the cancel of a reader does not reach a concurrent stream handler', file: beside, suite: 'stream',
    edits: [['child.from = call;', 'child.from = call instanceof StreamSlot ? null : call;']],
  },
  {
    name: 'the orderly end of an agent leaves its concurrent streams', file: beside, suite: 'stream',
    edits: [['if (call !== null) (p.cold()', 'if (call !== null && !(call instanceof StreamSlot)) (p.cold()']],
  },
  {
    name: 'the orderly end of an agent leaves the handlers of its streams', file: stream, suite: 'stream',
    edits: [['if (worker !== null && worker.phase !== Phase.Dead) exitProcess(worker, reason, true);', ';']],
  },
  {
    name: 'the last reader of a shared stream leaves the source running', file: pump, suite: 'shared-stream',
    edits: [['if (this.readers.length === 0) this.finish(null);', ';']],
  },
  {
    name: 'the source of a shared stream is not closed', file: pump, suite: 'shared-stream',
    edits: [['this.kernel.env.microtask(() => source.close());', ';']],
  },
  {
    name: 'a shared stream hides the error of its source', file: pump, suite: 'shared-stream',
    edits: [['for (const reader of readers) { if (failure === null)', 'for (const reader of readers) { if (true)']],
  },
  {
    name: 'a shared stream does not wait for its slow readers', file: pump, suite: 'shared-stream',
    edits: [['if (line === null) this.proceed(); else', 'this.proceed(); if (line !== null)']],
  },
  {
    name: 'a shared stream outlives its owner', file: pump, suite: 'shared-stream',
    edits: [['hold(owner, this);', ';']],
  },
  {
    name: 'a shared stream outlives the system', file: pump, suite: 'shared-stream',
    edits: [['kernel.stopHooks.add(this.stopped);', ';']],
  },
  {
    name: 'a shared stream keeps all items', file: pump, suite: 'shared-stream',
    edits: [['if (this.kept.size === this.replay) this.kept.shift();', ';']],
  },
  {
    name: 'who comes late to a shared stream gets nothing of before', file: shared, suite: 'shared-stream',
    edits: [["made.replay('', item);", ';']],
  },
  {
    name: 'the end of a consumer leaves the source open', file: tasks, suite: 'task-stream',
    edits: [['this.kernel.env.microtask(() => source.close());', ';']],
  },
  {
    name: 'the tasks of a loop that was left run on', file: tasks, suite: 'task-stream',
    edits: [['if (!element.settled) element.kill();', ';']],
  },
  {
    name: 'one task more than asked for at once', file: tasks, suite: 'task-stream',
    edits: [['this.open.length < plan.concurrency', 'this.open.length <= plan.concurrency']],
  },
  { name: 'a loop does not hear that a task could not start', file: tasks, suite: 'task-stream', edits: [[
    'this.start(value); } catch (error) { this.waiting = false; this.fail(error); }',
    'this.start(value); } catch { this.waiting = false; }',
  ]] },
  {
    name: 'a loop from outside outlives the stop', file: tasks, suite: 'task-stream',
    edits: [['this.kernel.stopHooks.add(this.stopped);', ';']],
  },
  {
    name: 'a loop begins behind the stop', file: tasks, suite: 'task-stream',
    edits: [['this.consumer === null && this.kernel.closed', 'false']],
  },
  {
    name: 'a task that comes too late for its loop runs', file: tasks, suite: 'task-stream',
    edits: [['if (this.closed || this.gone) { element.kill(); return; }', ';']],
  },
  {
    name: 'a source is closed twice', file: source, suite: 'task-stream',
    edits: [['close() { if (this.over) return;', 'close() {']],
  },
  {
    name: 'a source that ends its consumer is left open', file: source, suite: 'task-stream',
    edits: [["if (!this.later && read.kind === 'item') this.leave();", ';']],
  },
  {
    name: 'a source that has thrown is closed as well', file: source, suite: 'task-stream',
    edits: [['this.over = true; puller.broke(error);', 'puller.broke(error);']],
  },
];
