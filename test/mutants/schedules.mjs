// Wrong variants of schedules, gathers and deliveries with a delay: see scripts/mutants.mjs.
const schedule = 'src/bus/schedule/schedule.js';
const schedules = 'src/bus/schedule/schedules.js';
const gather = 'src/bus/gather/gather.js';
const accept = 'src/delivery/guarantee/accept.js';

export const schedulesAndGathers = [
  { name: 'a run does not look whether the one before has ended', file: schedule, suite: 'schedule', edits: [
    ["overlap === 'allow' || (this.#running.size === 0 && this.#waiting.size === 0)", 'true'],
  ] },
  { name: 'a schedule outlives the process that made it', file: schedule, suite: 'schedule', edits: [
    ['if (owner !== null) hold(owner, this);', ''],
  ] },
  { name: 'a run is not told of the end of its schedule', file: schedule, suite: 'schedule', edits: [
    ['for (const controller of [...this.#running.values()]) controller.abort(why);', ''],
  ] },
  { name: 'runs that wait outlive their schedule', file: schedule, suite: 'schedule', edits: [
    ['while (this.#waiting.size > 0) this.#waiting.shift();', ''],
  ] },
  { name: 'who waits is not begun after a run', file: schedule, suite: 'schedule', edits: [
    ['if (this.#running.size === 0 && waited > 0) this.#begin(this.#waiting.shift());', 'if (false) {}'],
  ] },
  { name: 'a schedule counts its runs for nothing', file: schedule, suite: 'schedule', edits: [
    ['this.#left--; this.#begin(due);', 'this.#begin(due);'],
  ] },
  { name: 'the name of a schedule is not given back', file: schedules, suite: 'schedule', edits: [
    ['this.active.delete(schedule.name);', ''],
  ] },
  { name: 'the rest of a gather is left alone', file: gather, suite: 'schedule', edits: [
    ['this.controller.abort(why);', ';'],
  ] },
  { name: 'a gather waits for one reply too many', file: gather, suite: 'schedule', edits: [
    ['++this.replies === this.asked.quorum', 'this.replies++ === this.asked.quorum'],
  ] },
  { name: 'a gather gives up one failure too late', file: gather, suite: 'schedule', edits: [
    ['refs.length - ++this.failures >= quorum', 'refs.length - this.failures++ >= quorum'],
  ] },
  { name: 'a delivery does not wait for its time', file: accept, suite: 'schedule', edits: [
    ['if (delayMs > 0) {', 'if (delayMs > 1e9) {'],
  ] },
];
