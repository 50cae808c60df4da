// Wrong variants of state machines: see scripts/mutants.mjs. What is about the order of their callbacks is the
// oracle's.
const step = 'src/behaviour/statem/step.js';
const queue = 'src/behaviour/statem/queue.js';
const timeouts = 'src/behaviour/statem/timeouts.js';
const statem = 'src/behaviour/statem/statem.js';

export const statemachines = [
  { name: 'postponed events come again newest first', file: queue, family: 'machines', edits: [[
    'for (let at = this.postponed.pop(); at !== undefined; at = this.postponed.pop())',
    'for (let at = this.postponed.shift(); at !== undefined; at = this.postponed.shift())',
  ]] },
  {
    name: 'inserted events change their order', file: queue, family: 'machines',
    edits: [['for (let at = events.length - 1; at >= 0; at--)', 'for (let at = 0; at < events.length; at++)']],
  },
  {
    name: 'a kept state replays what is postponed', file: step, family: 'machines',
    edits: [['if (step.changed && m.inside !== null)', 'if (m.inside !== null)']],
  },
  { name: 'inserted events come after replayed ones', file: step, family: 'machines', edits: [
    ['if (step.changed && m.inside !== null) m.inside.replay();', ''],
    [
      'm.events().insert(step.events);',
      'm.events().insert(step.events); if (step.changed && m.inside !== null) m.inside.replay();',
    ],
  ] },
  {
    name: 'the state timeout survives a change of state', file: step, family: 'machines',
    edits: [['if (step.changed) timeouts.stop(STATE_TIMEOUT);', '']],
  },
  {
    name: 'the event timeout survives an event', file: step, family: 'machines',
    edits: [['timeouts.stop(EVENT_TIMEOUT);', '']],
  },
  {
    name: 'an update starts a timeout anew', file: timeouts, family: 'machines',
    edits: [["when === 'update' && known !== undefined", 'false']],
  },
  {
    name: 'the first request of a timeout wins', file: timeouts, family: 'machines',
    edits: [['later, place) => place > at &&', 'later, place) => place < at &&']],
  },
  {
    name: 'timeouts of 0 ms come newest first', file: timeouts, family: 'machines',
    edits: [['this.zero.shift()', 'this.zero.pop()']],
  },
  {
    name: 'a repeated state does not enter', file: step, family: 'machines',
    edits: [['changed || decided.move === Move.Repeat || m.op === null', 'changed || m.op === null']],
  },
  {
    name: 'a kept state enters', file: step, family: 'machines',
    edits: [['changed || decided.move === Move.Repeat || m.op === null', 'true']],
  },
  {
    name: 'the initial state does not enter', file: step, family: 'machines',
    edits: [['changed || decided.move === Move.Repeat || m.op === null', 'changed || decided.move === Move.Repeat']],
  },
  {
    name: 'states are compared by identity', file: 'src/behaviour/gen/equal.js', family: 'machines',
    edits: [[/export function sameState\((\w+), (\w+)\) \{/, 'export function sameState($1, $2) { return $1 === $2;']],
  },
  {
    name: 'the replies of a stop are forgotten', file: step, family: 'machines',
    edits: [['for (const action of decided.actions ?? []) answer(p, m, action); const message', 'const message']],
  },
  {
    name: 'a crash keeps what the callback assigned', file: statem, family: 'machines',
    edits: [['function crash(p, m, error) { m.restore();', 'function crash(p, m, error) {']],
  },
  {
    name: 'a thrown transition is a crash', file: statem, family: 'machines',
    edits: [['if (!isControl(error)) return crash(p, m, error); try', 'return crash(p, m, error); try']],
  },
  { name: 'a due timeout that was stopped is handled', file: timeouts, family: 'delays', edits: [
    ['if (known.timer !== null) cancelTimer(known.timer); else', 'if (known.timer === null)'],
    ['if (this.running.get(due.key) !== due) return false;', ''],
  ] },
  {
    name: 'what comes again is lost with its machine', file: queue, suite: 'statem',
    edits: [['return [...this.next].reverse().concat(this.postponed).filter', 'return this.postponed.filter']],
  },
  { name: 'what was postponed is lost with its machine', file: queue, suite: 'statem', edits: [
    ['return [...this.next].reverse().concat(this.postponed).filter', 'return [...this.next].reverse().filter'],
  ] },
];
