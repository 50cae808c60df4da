// Wrong variants of src/base, src/mailbox, src/process and src/router: see scripts/mutants.mjs.
const account = 'src/mailbox/account.js';
const exit = 'src/process/kernel/exit.js';
const fanout = 'src/process/signal/fanout.js';
const monitor = 'src/process/signal/monitor.js';
const mailbox = 'src/mailbox/mailbox.js';
const request = 'src/router/request/request.js';

export const kernel = [
  { name: 'names are released after links and monitors were told', file: exit, edits: [['hook(p, reason);', ';'], [
    'settleRunning(p, running, orderly, reason);',
    'for (const hook of kernel.exitHooks) hook(p, reason); settleRunning(p, running, orderly, reason);',
  ]] },
  { name: 'names are never released', file: exit, edits: [['hook(p, reason);', ';']] },
  { name: 'timers are not cancelled at death', file: exit, edits: [['dropTimers(p);', ';']] },
  {
    name: 'monitors of the dead stay', file: 'src/process/signal/monitor.js',
    edits: [['unlinkTarget(at); } done++;', '} done++;']],
  },
  {
    name: 'the running call is not failed when its callee ends', file: exit,
    edits: [['p.from.calleeEnded(reason);', ';']],
  },
  {
    name: 'queued calls are not failed when their callee ends', file: exit,
    edits: [['sender.calleeEnded(reason);', ';']],
  },
  {
    name: 'deferred calls are not failed when their callee ends', file: exit,
    edits: [['slot.calleeEnded(reason);', ';']],
  },
  { name: 'requests of the dead stay open', file: exit, edits: [['dropRequests(p); if', 'if']] },
  { name: 'dead letters are not counted', file: account, edits: [
    ['box.size--; count(box, as);', "box.size--; if (as !== 'deadLettered') count(box, as);"],
  ] },
  {
    name: 'a mailbox that is in use again is counted twice', file: 'src/process/kernel/accounts.js',
    edits: [['if (p.run === Run.Dead) return box; this.resting.subtract(box);', 'if (p.run === Run.Dead) return box;']],
  },
  {
    name: 'a mailbox at rest is in no account', file: 'src/process/kernel/accounts.js',
    edits: [['this.resting.add(box, false);', ';']],
  },
  {
    name: 'a mailbox that ends at rest is counted twice', file: 'src/process/kernel/accounts.js',
    edits: [['else if (box !== Mailbox.unopened) this.resting.subtract(box);', ';']],
  },
  {
    name: 'a message that was given back in its handler is counted there all the same',
    file: 'src/process/kernel/loop.js',
    edits: [['if (!p.op.signal) columns.handled++;', 'if (!op.signal) columns.handled++;']],
  },
  { name: 'the crash of a message is not one of its outcomes', file: account, edits: [
    ['box.handled++; writable(box).crashed++;', 'writable(box).crashed++;'],
  ] },
  {
    name: 'the signal of a dead incarnation does not fire', file: exit,
    edits: [['if (p.ext !== null) abortAll(p.ext, reason);', '']],
  },
  {
    name: 'a normal link exit kills', file: fanout,
    edits: [["reason === 'normal' && from !== to", "reason === 'normal' && !linked && from !== to"]],
  },
  {
    name: 'exit(self, normal) does not kill', file: fanout,
    edits: [["reason === 'normal' && from !== to", "reason === 'normal'"]],
  },
  {
    name: 'kill can be trapped', file: fanout,
    edits: [["!linked && reason === 'kill'", "!linked && reason === 'kill' && !to.trap"]],
  },
  {
    name: 'a raised kill cannot be trapped by who is linked', file: fanout,
    edits: [["!linked && reason === 'kill'", "reason === 'kill'"]],
  },
  { name: 'killed is told as kill', file: fanout, edits: [["kernel.end(to, 'killed')", "kernel.end(to, 'kill')"]] },
  { name: 'a link has one end', file: 'src/process/signal/link.js', edits: [['addLink(b, a);', ';']] },
  { name: 'unlink removes one end', file: 'src/process/signal/link.js', edits: [['unlinkOne(b, a);', ';']] },
  { name: 'the DOWN overtakes the last message', file: monitor, edits: [[
    'else if (ref.holder !== null) { pushSignal(ref.holder, DOWN, down, ref.target);',
    'else if (ref.holder !== null) { pushSignal(ref.holder, DOWN, down, ref.target, 3);',
  ]] },
  {
    name: 'a monitor fires twice', file: monitor,
    edits: [[/(unlinkHolder\(ref\);[^}]*?)fire\(ref, reason\);/, '$1{ fire(ref, reason); fire(ref, reason); }']],
  },
  {
    name: 'demonitor does not flush', file: monitor,
    edits: [['ref.state === State.Fired && flush', 'ref.state === State.Fired && flush === null']],
  },
  {
    name: 'demonitor says true though a DOWN is queued', file: monitor,
    edits: [['ref.state = State.Done; return false; }', 'ref.state = State.Done; return true; }']],
  },
  { name: 'a monitor of the dead never fires', file: monitor, edits: [["fire(made, 'noproc');", ';']] },
  { name: 'an awaiting handler of a dead agent goes on', file: 'src/process/kernel/loop.js', edits: [
    ['function resume(p, outcome, threw) { if (p.run !== Run.Parked) return;', 'function resume(p, outcome, threw) {'],
  ] },
  {
    name: 'a bound is one too high', file: mailbox,
    edits: [['? rules.capacity - 1 : rules.capacity;', '? rules.capacity - 1 : rules.capacity + 1;']],
  },
  {
    name: 'a refusal by a full mailbox is not counted', file: account,
    edits: [['box.sent++; count(box, as);', "box.sent++; if (as !== 'rejected') count(box, as);"]],
  },
  { name: 'lanes above normal are served upside down', file: mailbox, edits: [
    ['return this.tookFrom(31 - Math.clz32(above));', 'return this.tookFrom(31 - Math.clz32(above & -above));'],
  ] },
  { name: 'the low lane comes before the normal one', file: mailbox, edits: [[
    'if (this.n > 0) return this; return (this.ready & 1) !== 0',
    'if ((this.ready & 1) !== 0) return this.tookFrom(Rank.Low); if (this.n > 0) return this; return (this.ready & 1) !== 0',
  ]] },
  { name: 'selective receive takes the newest that fits', file: 'src/process/send/kept.js', edits: [
    ['for (let at = this.head; at < items.length; at++)', 'for (let at = items.length - 1; at >= this.head; at--)'],
  ] },
  {
    name: 'deadlines are due one ms early', file: 'src/base/deadlines.js',
    edits: [['at.due = Math.ceil(now + list.ms)', 'at.due = Math.ceil(now + list.ms) - 1']],
  },
  {
    name: 'a late reply is taken', file: request,
    edits: [['this.callee.kernel.counts.lateReplies++; return false;', 'return true;']],
  },
  { name: 'a call is never over', file: request, edits: [['this.over = true; const', 'const']] },
  {
    name: 'the callee does not hear that its caller has died', file: request,
    edits: [['if (error !== undefined) this.cancel(error);', 'if (error !== undefined) ;']],
  },
];
