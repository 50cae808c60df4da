// Wrong variants of durable topics and schedules: see scripts/mutants.mjs.
const storing = 'src/bus/topic/storing.js';
const log = 'src/bus/topic/log.js';
const feed = 'src/bus/topic/feed.js';
const forward = 'src/bus/topic/forward.js';
const reader = 'src/bus/topic/stored-reader.js';
const rows = 'src/delivery/durable/topic-rows.js';
const schedule = 'src/bus/schedule/schedule.js';
const job = 'src/bus/schedule/stored-job.js';

const topics = [
  { name: 'a publish is told before its commit', file: storing, edits: [[
    'joins() { this.log.append(this);', 'joins() { this.log.append(this); this.log.committed(this, this.from);',
  ]] },
  { name: 'a message of a turn is stored before its end', file: log, edits: [[
    'if (turn !== null && turn.open)', 'if (turn !== null && turn.open && this.first < 0)',
  ]] },
  { name: 'a reader that has caught up is given the last one again', file: feed, edits: [[
    'this.next = offset + 1; return true;', 'this.next = offset; return true;',
  ]] },
  { name: 'a reader that is behind takes what comes', file: feed, edits: [[
    'if (!this.live || offset < this.next)', 'if (offset < this.next)',
  ]] },
  { name: 'a reader is live before it has caught up', file: feed, edits: [[
    'if (this.next >= log.end)', 'if (this.next >= log.end - 1)',
  ]] },
  { name: 'what was trimmed is no gap', file: feed, edits: [['this.fed.lack(missing);', ';']] },
  { name: 'offsets begin anew in each life', file: log, edits: [['this.first = found.first;', 'this.first = 0;']] },
  { name: 'a message that is forwarded leaves the place where it was', file: forward, edits: [[
    'this.terms); this.cursor.put(offset + 1);', 'this.terms);',
  ]] },
  { name: 'the place moves on before the message is acknowledged', file: reader, edits: [[
    'cursor.move(last + 1);', 'cursor.move(last + 2);',
  ]] },
  { name: 'the last row of an earlier life is not known', file: rows, edits: [[
    'this.found.set(name, dense ? { first, seqs }', 'this.found.set(name, dense ? { first, seqs: seqs.slice(0, -1) }',
  ]] },
];

const schedules = [
  { name: 'the record of a schedule does not move on', file: schedule, edits: [[
    'if (this.#due !== before || waited > 0) this.#save();', ';',
  ]] },
  { name: 'a schedule of an earlier life counts from its start', file: schedule, edits: [[
    'this.#counts.runs = runs;', ';',
  ]] },
  { name: 'runs that wait are not in the record', file: schedule, edits: [[
    'runs: this.#counts.runs, waiting }', 'runs: this.#counts.runs, waiting: [] }',
  ]] },
  { name: 'a scheduled delivery is not stored', file: job, edits: [['durable: true }', 'durable: false }']] },
];

export const durableTopics = [
  ...topics.map((mutant) => ({ suite: 'durable-topic', ...mutant, name: `durable-topic: ${mutant.name}` })),
  ...schedules.map((mutant) => ({ suite: 'durable-schedule', ...mutant, name: `durable-schedule: ${mutant.name}` })),
];
