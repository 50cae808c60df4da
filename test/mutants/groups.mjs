// Wrong variants of process groups: see scripts/mutants.mjs. These are the oracle's; the simulation's are in names.mjs.
const groups = 'src/router/names/groups.js';

export const processgroups = [
  {
    name: 'a process is a member once', file: groups, family: 'groups',
    edits: [['there.counts.set(p, (there.counts.get(p) ?? 0) + 1);', 'there.counts.set(p, 1);']],
  },
  {
    name: 'leave ends all memberships at once', file: groups, family: 'groups',
    edits: [['if (count > 1) {', 'if (false) {']],
  },
  {
    name: 'the dead stay members', file: groups, family: 'groups',
    edits: [['if (own !== undefined) for (const group of own)', 'if (own === null) for (const group of own)']],
  },
  {
    name: 'a death is told once for all memberships', file: groups, family: 'groups',
    edits: [['for (let left = count; left > 0; left--) this.tell(', 'this.tell(']],
  },
  {
    name: 'watchers of a scope are told nothing', file: groups, family: 'groups',
    edits: [['for (const ref of this.watchersOfAll) pushSignal', 'for (const ref of []) pushSignal']],
  },
  {
    name: 'who joins when it has ended does not leave', file: groups, family: 'groups',
    edits: [["if (one.owner === null) this.tell('leave'", "if (one.owner === undefined) this.tell('leave'"]],
  },
  {
    name: 'what a removed watch has queued still comes', file: groups, family: 'groups',
    edits: [['return this.#taken || this.ref.over;', 'return this.#taken;']],
  },
  {
    name: 'a leave is not told', file: groups, family: 'groups',
    edits: [["this.tell('leave', group, left.map((one) => one.pid));", '']],
  },
];
