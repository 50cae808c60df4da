// Wrong variants of work queues: see scripts/mutants.mjs.
const items = 'src/bus/queue/items.js';
const work = 'src/bus/queue/work-queue.js';
const wait = 'src/bus/queue/wait.js';
const lease = 'src/bus/queue/lease.js';
const ready = 'src/bus/queue/ready.js';
const consumer = 'src/bus/queue/consumer.js';

export const workQueues = [
  { suite: 'queue', name: 'queue: an item is given to a consumer that died waiting', file: wait, edits: [
    ['hold(owner, this);', ';'], ['owner !== null && owner.phase === Phase.Dead', 'false'],
  ] },
  { suite: 'queue', name: 'queue: a lease that was lost is acknowledged', file: items, edits: [[
    `settle(lease) {
        if (!lease.counts)
            return false;`,
    'settle(lease) {',
  ]] },
  { suite: 'queue', name: 'queue: the lease of a dead consumer stays', file: lease, edits: [
    ['this.#lender.abandoned(this, reason);', ';'],
  ] },
  { suite: 'queue', name: 'queue: a lease does not end by time', file: items, edits: [
    ["this.lose(item, 'its lease has ended');", ';'],
  ] },
  { suite: 'queue', name: 'queue: the next one has the item before the signal fires', file: items, edits: [[
    'lease.lose();\n        // what', 'this.kernel.env.microtask(() => lease.lose());\n        // what',
  ]] },
  { suite: 'queue', name: 'queue: the signal of a lost lease does not fire', file: lease, edits: [
    ['this.#isLost = true;\n        this.settled();\n        this.#controller?.abort(', '((_) => this.settled())('],
  ] },
  { suite: 'queue', name: 'queue: attempts are not counted', file: items, edits: [
    ['item.attempts >= attemptsMax', 'false'],
  ] },
  { suite: 'queue', name: 'queue: the key of an item that is over is not released', file: ready, edits: [
    ['if (turn?.head !== item)', 'if (turn !== undefined)'],
  ] },
  { suite: 'queue', name: 'queue: two items of a key at a time', file: ready, edits: [
    ['else if (turn.head !== item) {', 'else if (false) {'],
  ] },
  { suite: 'queue', name: 'queue: an item that has outlived its time comes back', file: items, edits: [
    ["if (this.isLate(item))\n            this.finish(item, 'expired');", "if (false)\n            ;"],
    ['return expiry !== null && expiry.at <= this.kernel.env.mono();', 'return false;'],
  ] },
  { suite: 'queue', name: 'queue: a push waits on when there is room', file: work, edits: [
    ['while (this.match() || this.admit())', 'while (this.match())'],
  ] },
  { suite: 'queue', name: 'queue: one item more than the capacity', file: work, edits: [
    ['return this.items.waiting >= this.options.capacity;', 'return this.items.waiting > this.options.capacity;'],
  ] },
  { suite: 'queue', name: 'queue: a failed call counts as done', file: consumer, edits: [
    ['this.queue.items.nack(lease, undefined, error);\n    }\n    /**', 'this.queue.items.ack(lease);\n    }\n    /**'],
  ] },
  { suite: 'queue', name: 'queue: a closed queue does not tell who waits', file: work, edits: [
    ['if (this.closed && !this.over && this.isDone)', 'if (false)'],
  ] },
];
