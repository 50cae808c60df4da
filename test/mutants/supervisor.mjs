// Wrong variants of src/supervisor: see scripts/mutants.mjs.
const decision = 'src/supervisor/decision.js';
const intensity = 'src/supervisor/intensity.js';
const shutdown = 'src/supervisor/shutdown.js';
const engine = 'src/supervisor/engine.js';

export const supervisor = [
  { name: 'one restart too few is allowed', file: intensity, edits: [['<= this.restartsMax', '< this.restartsMax']] },
  { name: 'one restart too many is allowed', file: intensity, edits: [['<= this.restartsMax', '<= this.restartsMax + 1']] },
  { name: 'the end of the period is outside of it', file: intensity, edits: [['< now - this.periodMs', '<= now - this.periodMs']] },
  { name: 'restarts never leave the window', file: intensity, edits: [['< now - this.periodMs', '< now - 1e12']] },
  { name: 'a transient child is restarted after a normal end', file: decision, edits: [['return !isOrderly(reason);', 'return true;']] },
  { name: 'a temporary child is restarted', file: decision, edits: [["if (restart === 'temporary') return false;", '']] },
  { name: 'a permanent child stays away after a normal end', file: decision, edits: [["if (restart === 'permanent') return true;", '']] },
  { name: 'children are stopped oldest first', file: shutdown, edits: [['export function stopInOrder(family, children) {', 'export function stopInOrder(family, given) { const children = [...given].reverse();']] },
  { name: 'children are not waited for', file: shutdown, edits: [['if (stopping instanceof Promise) await stopping;', '']] },
  { name: 'a child that overruns its shutdown is waited for', file: shutdown, edits: [[/limit\.late\.push\(p\);\s+if \(shutdownMs >= 0\)\s+deadlines\.add\(limit, shutdownMs\);\s+return new Promise/, 'return new Promise']] },
  { name: 'brutal_kill asks first', file: shutdown, edits: [['child.spec.shutdownMs === BRUTAL_KILL', 'false']] },
  { name: 'rest_for_one restarts all', file: engine, edits: [["state.tree.strategy === 'one_for_all' ? family.oldest : child", "family.oldest"]] },
  { name: 'one_for_all restarts the rest only', file: engine, edits: [["state.tree.strategy === 'one_for_all' ? family.oldest : child", 'child']] },
  { name: 'one_for_one takes the group with it', file: engine, edits: [["state.tree.strategy === 'one_for_one' ? restartOne(state, child)", "state.tree.strategy === 'never' ? restartOne(state, child)"]] },
  { name: 'a temporary sibling comes back with the group', file: engine, edits: [["group.filter((one) => one.spec.restart !== 'temporary')", 'group']] },
  { name: 'giving up is a crash', file: 'src/supervisor/restart.js', edits: [["self.stop('shutdown')", "self.stop('too many restarts')"]] },
];
