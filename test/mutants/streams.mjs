// Wrong variants of streams and of streams of tasks: see scripts/mutants.mjs.
const source = 'src/behaviour/gen/request/source.js';
const stream = 'src/behaviour/gen/request/stream.js';
const tasks = 'src/behaviour/task/stream.js';

export const streams = [
  {
    name: 'a stream that was left waits for demand for ever', file: stream, suite: 'stream',
    edits: [['if (this.demand !== null) this.wake(false);', ';']],
  },
  {
    name: 'the generator of a stream that was left is not finished', file: stream, suite: 'stream',
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
    edits: [['this.leave(undefined); this.failure = undefined;', 'this.leave(undefined);']],
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
