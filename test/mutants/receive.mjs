// Wrong variants of receives, floods and the order of DOWNs: see scripts/mutants.mjs.
const self = 'src/behaviour/gen/body/self.js';
const mailbox = 'src/mailbox/mailbox.js';

export const receives = [
  { name: 'a dead process looks for the rest of its batch for ever', file: self, edits: [[
    'if (waits === null || this.p.phase === Phase.Dead) return;',
    'if (waits === null) return; if (this.p.phase === Phase.Dead) return this.collect(waits);',
  ]] },
  {
    name: 'a batch has one message more than asked for', file: self,
    edits: [['let left = Math.max(1, max)', 'let left = Math.max(1, max === 0 ? 1 : max + 1)']],
  },
  { name: 'a receive that was given up swallows the next message', file: 'src/behaviour/gen/body/receiver.js', edits: [[
    'if (this.self.receiver === this) this.self.receiver = null;',
    'if (this.self.receiver === this && this.list === null) this.self.receiver = null;',
  ]] },
  {
    name: 'a suspended process receives what it has passed over', file: self,
    edits: [['const stopped = isSuspended(this.p);', 'const stopped = false;']],
  },
  {
    name: 'what a receive has passed over is lost at death', file: 'src/process/kernel/exit.js',
    edits: [['for (const { op, payload, from } of kept.drain())', 'for (const { op, payload, from } of kept.drain().slice(1))']],
  },
  { name: 'a process that has used up its turn gets no other', file: 'src/process/kernel/loop.js', edits: [
    ['if (p.mailbox.busy()) p.kernel.scheduler.enqueue(p);', 'if (p.mailbox.n > 1) p.kernel.scheduler.enqueue(p);'],
  ] },
  {
    name: 'who fills mailboxes has a whole turn', file: 'src/mailbox/lane.js',
    edits: [['credit.left -= messages;', ';']],
  },
  { name: 'one free place lets two waiting sends in', file: mailbox, edits: [[
    'first.enter();',
    'first.enter(); if (waiting.head !== null) { const second = waiting.head; admitted(this, waiting, second); second.enter(); }',
  ]] },
  {
    name: 'lanes never age', file: mailbox,
    edits: [['passed[rank] >= rules.ageEvery', 'passed[rank] >= rules.ageEvery + 1_000']],
  },
  { name: 'two monitors of one watcher fire newest first', file: 'src/process/signal/monitor.js', edits: [[
    'const oldest = p.watchers; if (oldest !== null) unlinkTarget(oldest);',
    'const oldest = p.watchers === null ? null : p.watchers.targetPrior; if (oldest !== null) unlinkTarget(oldest);',
  ]] },
];
