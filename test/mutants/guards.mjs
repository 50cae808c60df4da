// Wrong variants of streams in limits, breakers and retries: see scripts/mutants.mjs.
const breaker = 'src/delivery/guard/breaker-run.js';
const limit = 'src/delivery/guard/limit-run.js';
const retry = 'src/delivery/guard/retry.js';
const limiter = 'src/delivery/guard/limit.js';
const stream = 'src/delivery/guard/stream.js';
const suite = 'guarded';

export const guardedStreams = [
  { name: 'the slot of a stream is given back at its first item', file: limit, suite, edits: [[
    'ended() { this.limiter.leave(this.own, false);',
    'item() { this.limiter.leave(this.own, false); } ended() {',
  ]] },
  {
    name: 'a stream is a success at its first item', file: breaker, suite,
    edits: [['this.circuit.renew(this.passage);', "this.circuit.settle(this.passage, 'success');"]],
  },
  {
    name: 'a stream is opened anew behind its first item', file: retry, suite,
    edits: [['(given.resume === true || stream.taken === 0)', 'true']],
  },
  {
    name: 'an attempt is not told what was taken', file: stream, suite,
    edits: [['this.opening.open(number, this.taken,', 'this.opening.open(number, 0,']],
  },
  {
    name: 'the source of a stream that was left stays open', file: stream, suite,
    edits: [['when(() => { source?.close();', 'when(() => {']],
  },
  {
    name: 'a reader that leaves before the first item makes a success', file: stream, suite,
    edits: [['this.guard.left();', ';']],
  },
  {
    name: 'a stream that was left keeps its place in the guard', file: stream, suite,
    edits: [['body?.resolve();', ';']],
  },
  {
    name: 'the signal does not end a stream', file: stream, suite,
    edits: [['this.watched = watchSignal(signal, this);', ';']],
  },
  {
    name: 'a stream that is over stays in the line of its signal', file: stream, suite,
    edits: [['unwatch(this.watched, kernel);', ';']],
  },
  {
    name: 'a stream that fails has ended well', file: stream, suite,
    edits: [['this.shut()?.reject(error);', 'this.shut()?.resolve();']],
  },
  {
    name: 'a call starts with half of its weight', file: limiter, suite,
    edits: [['(options.weightBurst - weight)', '(options.weightBurst - weight / 2)']],
  },
  {
    name: 'a correction is counted and not charged', file: limiter, suite,
    edits: [['this.charge(more);', ';']],
  },
  {
    name: 'a correction is charged and not counted', file: limiter, suite,
    edits: [['this.counts.weight += more;', ';']],
  },
  {
    name: 'an idle time gives more weight than the burst', file: limiter, suite,
    edits: [['weight > 0 ? Math.max(this.weightAt, this.now()) : this.weightAt', 'Math.max(this.weightAt, 0)']],
  },
];
