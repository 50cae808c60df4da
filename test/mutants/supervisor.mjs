// Wrong variants of src/supervisor: see scripts/mutants.mjs.
const decision = 'src/supervisor/spec/decision.js';
const intensity = 'src/supervisor/core/intensity.js';
const shutdown = 'src/supervisor/core/shutdown.js';
const engine = 'src/supervisor/static/engine.js';
const api = 'src/supervisor/static/api.js';
const dynamic = 'src/supervisor/dynamic/dynamic.js';
const books = 'src/supervisor/dynamic/state.js';

export const supervisor = [
  { name: 'one restart too few is allowed', file: intensity, edits: [['<= this.restartsMax', '< this.restartsMax']] },
  {
    name: 'one restart too many is allowed', file: intensity,
    edits: [['<= this.restartsMax', '<= this.restartsMax + 1']],
  },
  {
    name: 'the end of the period is outside of it', file: intensity,
    edits: [['< now - this.periodMs', '<= now - this.periodMs']],
  },
  { name: 'restarts never leave the window', file: intensity, edits: [['< now - this.periodMs', '< now - 1e12']] },
  {
    name: 'a transient child is restarted after a normal end', file: decision,
    edits: [['return !isOrderly(reason);', 'return true;']],
  },
  {
    name: 'a temporary child is restarted', file: decision, edits: [["if (restart === 'temporary') return false;", '']],
  },
  {
    name: 'a permanent child stays away after a normal end', file: decision,
    edits: [["if (restart === 'permanent') return true;", '']],
  },
  { name: 'children are stopped oldest first', file: shutdown, edits: [[
    'export function stopInOrder(family, children) {',
    'export function stopInOrder(family, given) { const children = [...given].reverse();',
  ]] },
  {
    name: 'children are not waited for', file: shutdown,
    edits: [['if (stopping instanceof Promise) await stopping;', '']],
  },
  { name: 'a child that overruns its shutdown is waited for', file: shutdown, edits: [[
    /limit\.late\.push\(p\);\s+if \(shutdownMs >= 0\)\s+deadlines\.add\(limit, shutdownMs\);\s+return new Promise/,
    'return new Promise',
  ]] },
  { name: 'brutal_kill asks first', file: shutdown, edits: [['if (shutdownMs === BRUTAL_KILL)', 'if (false)']] },
  {
    name: 'rest_for_one restarts all', file: engine,
    edits: [["state.tree.strategy === 'one_for_all' ? family.oldest : child", "family.oldest"]],
  },
  {
    name: 'one_for_all restarts the rest only', file: engine,
    edits: [["state.tree.strategy === 'one_for_all' ? family.oldest : child", 'child']],
  },
  { name: 'one_for_one takes the group with it', file: engine, edits: [[
    "state.tree.strategy === 'one_for_one' ? restartOne(state, child)",
    "state.tree.strategy === 'never' ? restartOne(state, child)",
  ]] },
  {
    name: 'a temporary sibling comes back with the group', file: engine,
    edits: [["group.filter((one) => one.spec.restart !== 'temporary')", 'group']],
  },
  {
    name: 'giving up is a crash', file: 'src/supervisor/core/restart.js',
    edits: [["self.stop('shutdown')", "self.stop('too many restarts')"]],
  },
  { name: 'a significant child that is added is an ordinary one', file: api, family: 'supervisors', edits: [[
    'const child = family.add(spec);',
    'const child = family.add(new spec.constructor({ ...spec, significant: false }));',
  ]] },
  {
    name: 'the first significant end counts as the last', file: engine, family: 'supervisors',
    edits: [["if (state.tree.autoShutdown === 'any_significant') return true;", 'return true;']],
  },
  {
    name: 'any_significant waits for the last one', file: engine, family: 'supervisors',
    edits: [["if (state.tree.autoShutdown === 'any_significant') return true;", '']],
  },
  { name: 'a pool allows one restart too many', file: books, family: 'pools', edits: [
    ['new Intensity(limits.intensity, limits.periodMs)', 'new Intensity(limits.intensity + 1, limits.periodMs)'],
  ] },
  {
    name: 'a pool never forgets its restarts', file: books, family: 'restarts',
    edits: [['new Intensity(limits.intensity, limits.periodMs)', 'new Intensity(limits.intensity, 1e12)']],
  },
  { name: 'a transient instance is restarted after a normal end', file: dynamic, family: 'pools', edits: [[
    'if (!judgeEnd(state, child, reason))',
    "if (!judgeEnd(state, child, reason) && child.spec.restart !== 'transient')",
  ]] },
  {
    name: 'a pool does not wait for its instances', file: shutdown, family: 'pools',
    edits: [['return new Promise((resolve) => { finish = resolve; }).then(', 'return Promise.resolve().then(']],
  },
  {
    name: 'a pool waits for instances that overrun their shutdown', file: shutdown, family: 'shutdowns',
    edits: [['for (const [ms, limit] of limits) deadlines.add(limit, ms);', '']],
  },
  { name: 'a restart loses the arguments of the instance', file: dynamic, family: 'pools', edits: [[
    'const failed = (error) => tryAgain',
    'child.plan = { ...child.plan, init: [] }; const failed = (error) => tryAgain',
  ]] },
  {
    name: 'an instance is kept under its old pid as well', file: dynamic, family: 'pools',
    edits: [["state.byNumber.delete(n); keep(state, child, 'info');", "keep(state, child, 'info');"]],
  },
  {
    name: 'a terminated instance that was restarting comes back', file: dynamic, family: 'pools',
    edits: [["message.child.status === 'restarting' ?", 'true ?']],
  },
  {
    name: 'an instance that is restarting has no pid', file: dynamic, family: 'pools',
    edits: [['child.process = null; const failed', 'child.process = null; state.byNumber.delete(n); const failed']],
  },
  {
    name: 'the dead cannot be terminated again', file: dynamic, family: 'pools',
    edits: [['kernel.byPid(pid) === undefined ? undefined :', '']],
  },
  { name: 'a stranger can be terminated', file: dynamic, family: 'pools', edits: [
    ["return kernel.byPid(pid) === undefined ? undefined : new Refusal('not_found', { pid });", 'return undefined;'],
  ] },
  {
    name: 'what is no pid is not found', file: dynamic, family: 'pools',
    edits: [["new Refusal('simple_one_for_one', { id: pid })", "new Refusal('not_found', { pid })"]],
  },
  {
    name: 'a terminated instance stays in the books', file: dynamic, family: 'pools',
    edits: [['state.byNumber.delete(found.n);', '']],
  },
  {
    name: 'a dynamic supervisor terminates the dead again', file: dynamic, family: 'dynamics',
    edits: [["if (state.limits.template === null) return new Refusal('not_found', { pid });", '']],
  },
  {
    name: 'children of a dynamic supervisor have one spec', file: dynamic, family: 'dynamics',
    edits: [['state.limits.template === null ? counted : { ...counted, specs: 1 }', '{ ...counted, specs: 1 }']],
  },
  {
    name: 'every instance is a spec', file: dynamic, family: 'pools', edits: [['{ ...counted, specs: 1 }', 'counted']],
  },
];
