// Wrong variants of starting and stopping: see scripts/mutants.mjs.
const start = 'src/behaviour/gen/start.js';
const idle = 'src/behaviour/gen/server/idle.js';
const stop = 'src/system/stop.js';
const drain = 'src/system/drain.js';
const child = 'src/supervisor/core/child.js';
const suite = 'start-stop';

export const startsAndStops = [
  { name: 'the end of an async init tells nobody who drains', file: start, suite, edits: [['p.kernel.rested();', '']] },
  {
    name: 'a drain does not wait for bodies that await', file: drain, suite,
    edits: [['kernel.quiet && !bodies.busy', 'kernel.quiet']],
  },
  {
    name: 'a tree that is to end starts its children to the last', file: child, suite, edits: [['|| shutsDown(p)', '']],
  },
  {
    name: 'a tree that is starting is no tree', file: 'src/supervisor/kind.js', suite,
    edits: [['p.parent === null &&', 'p.parent === null && p.phase !== 0 &&']],
  },
  {
    name: 'a child that is starting is not told of the end', file: child, suite,
    edits: [["exitSignal(p, starter, 'shutdown', false);", 'void p;']],
  },
  {
    name: 'what is started during the stop is killed', file: stop, suite,
    edits: [['killed += await stopRound(kernel, () => left(1), 0);', '']],
  },
  {
    name: 'stuck trees take a ms each when time is up', file: stop, suite,
    edits: [['else if (limitMs === 0)', 'else if (limitMs < 0)']],
  },
  {
    name: 'an idle timeout counts from the first await', file: idle, suite,
    edits: [['if (p.run !== Run.Running && p.run !== Run.Parked)', '']],
  },
  { name: 'an init that was ended before it awaited fails with noproc', file: start, suite, edits: [[
    'if (p.phase === Phase.Dead) { parent?.ext?.starting?.delete(p);',
    'if (p.phase === 9) { parent?.ext?.starting?.delete(p);',
  ]] },
  { name: 'the throw after its end is the reason of a failed start', file: start, suite, edits: [[
    'function initThrew(p, self, error, plan) { if (p.phase === Phase.Dead)',
    'function initThrew(p, self, error, plan) { if (p.phase === 9)',
  ]] },
];
