// Wrong variants of registries, locks, names and trees that processes start: see scripts/mutants.mjs.
const locks = 'src/router/names/locks.js';
const registry = 'src/router/names/registry.js';
const verbs = 'src/behaviour/names/registry.js';
const groups = 'src/router/names/groups.js';

export const namesAndLocks = [
  { suite: 'names', name: 'lock: the dead get their turn', file: locks, edits: [['if (next.over)', 'if (false)']] },
  {
    suite: 'names', name: 'lock: a dead holder keeps it', file: locks,
    edits: [["turn.failed('owner ended');", "turn.failed('owner ended'); continue;"]],
  },
  {
    suite: 'names', name: 'lock: it has two holders', file: locks, edits: [['lock.waiting.push(turn);', 'granted();']],
  },
  {
    suite: 'names', name: 'lock: who waits when the registry ends waits for ever', file: locks,
    edits: [["turn.failed('registry ended');", ';']],
  },
  {
    suite: 'names', name: 'registry: the entries of the dead are kept', file: registry,
    edits: [['for (const entry of owned)\n            this.forget(entry);', ';']],
  },
  {
    suite: 'names', name: 'registry: a unique key has two owners', file: registry,
    edits: [['if (there.p.owner !== null)', 'if (false)']],
  },
  {
    suite: 'names', name: 'registry: the link outlives the last entry', file: registry,
    edits: [['unlink(entry.p, this.process);', '']],
  },
  { suite: 'names', name: 'registry: owners are not linked', file: registry, edits: [['link(p, this.process);', '']] },
  {
    suite: 'names', name: 'registry: an unregister is not told', file: verbs,
    edits: [["this.#tell('unregister', p, key, entry.value);", '']],
  },
  {
    suite: 'names', name: 'registry: a pattern is not looked at', file: verbs,
    edits: [['entry.p !== p || !matches(pattern, entry.value)', 'entry.p !== p']],
  },
  {
    suite: 'names', name: 'group: the dead stay members, and are told of', file: groups,
    edits: [['if (own !== undefined)', 'if (own === null)']],
  },
  {
    family: 'starters', name: 'a tree that a process starts has no parent', file: 'src/supervisor/static/supervise.js',
    edits: [['(plan) => startSupervisor(host, parent, plan)', '(plan) => startSupervisor(host, null, plan)']],
  },
];
