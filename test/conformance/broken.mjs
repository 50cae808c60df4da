// What `npm run promises` breaks: for each promise of docs/promises.json one or more patches on the sources, each of
// which must turn a test red that the list names for it. `edits` are pairs of a text that stands once in the file, and
// another.
const account = 'src/mailbox/account.ts';
const accept = 'src/process/send/accept.ts';
const exit = 'src/process/kernel/exit.ts';
const mailbox = 'src/mailbox/mailbox.ts';
const monitor = 'src/process/signal/monitor.ts';
const attempt = 'src/delivery/guarantee/attempt.ts';
const settle = 'src/delivery/guarantee/settle.ts';
const message = 'src/delivery/guarantee/message.ts';
const postpone = 'src/delivery/guarantee/pending/postpone.ts';
const scheduler = 'src/process/kernel/scheduler.ts';
const request = 'src/router/request/request.ts';
const strategy = 'src/delivery/group/strategy.ts';
const breaker = 'src/delivery/guard/breaker.ts';
const verbs = 'src/behaviour/gen/process-verbs.ts';
const letters = 'src/router/dead-letter/dead-letters.ts';
const deadlines = 'src/base/deadlines.ts';
const stored = 'src/delivery/durable/stored-message.ts';
const durability = 'src/delivery/durable/durability.ts';
const turn = 'src/delivery/durable/agent-turn.ts';

export const broken = [
  { promise: 'P1', name: 'every second message takes another lane', file: 'src/process/send/admit.ts', edits: [[
    'else if (box.put(op, payload, from)) sample(p);',
    'else if (box.n % 2 === 1) box.putIn(Rank.High, op, payload, from);\n  else if (box.put(op, payload, from)) sample(p);',
  ]] },
  {
    promise: 'P2', name: 'what a process leaves in its mailbox is no dead letter', file: exit,
    edits: [['kernel.deadLetter(p, real, payload, sender, reason);', ';']],
  },
  { promise: 'P2', name: 'only the first 230 messages become dead letters', file: exit, edits: [[
    'for (let lane = box.pick(); lane !== null; lane = box.pick()) {',
    'let most = 230;\n  for (let lane = box.pick(); lane !== null && most-- > 0; lane = box.pick()) {',
  ]] },
  {
    promise: 'P3', name: 'the message that crashed its agent is in no account', file: account,
    edits: [['box.handled++;\n  writable(box).crashed++;', 'writable(box).crashed++;']],
  },
  {
    promise: 'P3', name: 'a superseded message is not counted', file: account,
    edits: [['box.sent++;\n  count(box, as);', "box.sent++;\n  if (as !== 'superseded') count(box, as);"]],
  },
  {
    promise: 'P4', name: 'a monitor fires twice', file: monitor,
    edits: [['else fire(ref, reason);', 'else { fire(ref, reason); fire(ref, reason); }']],
  },
  {
    promise: 'P4', name: 'only the first batch of DOWNs is sent', file: 'src/process/signal/fanout.ts',
    edits: [['if (kernel.fanning) env.macrotask(() => run(kernel));', 'kernel.fanning = false;']],
  },
  { promise: 'P4', name: 'the DOWN overtakes the last messages', file: monitor, edits: [[
    '} else if (ref.holder !== null) {\n    pushSignal(ref.holder, DOWN, down, ref.target);',
    '} else if (ref.holder !== null) {\n    pushSignal(ref.holder, DOWN, down, ref.target, Rank.Critical);',
  ]] },
  { promise: 'P5', name: 'a normal exit of a linked process kills', file: 'src/process/signal/fanout.ts', edits: [
    ["if (reason === 'normal' && from !== to) return;", "if (reason === 'normal' && from !== to && !linked) return;"],
  ] },
  {
    promise: 'P5', name: 'kill can be trapped', file: 'src/process/signal/fanout.ts',
    edits: [["if (!linked && reason === 'kill') {", "if (!linked && reason === 'kill' && !to.trap) {"]],
  },
  {
    promise: 'P6', name: 'a call whose callee ended waits on', file: request,
    edits: [["this.fail('EXIT', { reason });", 'void reason;']],
  },
  {
    promise: 'P6', name: 'a request of the sys protocol to a process that ends is never told', file: exit,
    edits: [['if (from instanceof ReplySlot) from.calleeEnded(reason);\n    return;', 'return;']],
  },
  { promise: 'P7', name: 'the next message does not wait for an awaiting handler', file: 'src/process/send/admit.ts', edits: [[
    'alarm(box, extra.pressure);\n  if (p.run === Run.Idle)',
    'alarm(box, extra.pressure);\n  if (p.run === Run.Idle || p.run === Run.Parked)',
  ]] },
  { promise: 'P7', name: 'timers and other signals do not wait for an awaiting handler', file: accept, edits: [[
    'rankHeld(p, op, from, rank) : rank, op, payload, from);\n  if (p.run === Run.Idle)',
    'rankHeld(p, op, from, rank) : rank, op, payload, from);\n  if (p.run === Run.Idle || p.run === Run.Parked)',
  ]] },
  {
    promise: 'P8', name: 'a turn of the event loop lasts 50 ms', file: scheduler,
    edits: [['TURN_BUDGET_MS = 5;', 'TURN_BUDGET_MS = 50;']],
  },
  {
    promise: 'P8', name: 'a process handles 512 messages in a row', file: scheduler,
    edits: [['PROCESS_BUDGET = 256;', 'PROCESS_BUDGET = 512;']],
  },
  {
    promise: 'P8', name: 'who fills mailboxes has a whole turn', file: 'src/mailbox/lane.ts',
    edits: [['credit.left -= messages;', ';']],
  },
  {
    promise: 'P8', name: 'who empties a mailbox does not go on', file: scheduler,
    edits: [['GO_ON_MS = 1;', 'GO_ON_MS = 0;']],
  },
  {
    promise: 'P8', name: 'and goes on for as long as it likes', file: scheduler,
    edits: [['GO_ON_MS = 1;', 'GO_ON_MS = 50;']],
  },
  {
    promise: 'P8', name: 'it goes on though it fills mailboxes', file: scheduler,
    edits: [['if (credit.grown > 0) return false;', '']],
  },
  {
    promise: 'P8', name: 'it goes on before who is of a higher level', file: scheduler,
    edits: [['return level === Level.Normal ? this.others :', 'return level === Level.Normal ? 0 :']],
  },
  {
    promise: 'P8', name: 'a verb that answers at once holds the turn', file: scheduler,
    edits: [['if (!this.overTime()) return answer;', 'if (!this.overTime() || answer !== null) return answer;'],
      ['if (!this.spent) { // work', 'if (answer !== null) { // work']],
  },
  {
    promise: 'P9', name: 'a mailbox holds one message more than its capacity', file: mailbox,
    edits: [['return this.size + kept < capacity &&', 'return this.size + kept <= capacity &&']],
  },
  {
    promise: 'P10', name: 'a refused message is not counted', file: account,
    edits: [['box.sent++;\n  count(box, as);', "box.sent++;\n  if (as !== 'rejected') count(box, as);"]],
  },
  { promise: 'P10', name: 'puts are let in newest first', file: mailbox, edits: [[
    'for (let first = waiting.head; first !== null && this.hasRoom(first.rank, first.bytes, reserved); first = waiting.head) {',
    'const last = () => { let at = waiting.head; while (at !== null && at.next !== null) at = at.next; return at; };\n      for (let first = last(); first !== null && this.hasRoom(first.rank, first.bytes, reserved); first = last()) {',
  ]] },
  {
    promise: 'P11', name: 'nothing is refused near the ceiling', file: 'src/process/kernel/ceiling.ts',
    edits: [['if (rank >= this.refusing) return false;', 'if (rank >= 0) return false;']],
  },
  {
    promise: 'P11', name: 'the steps have no hysteresis', file: 'src/process/kernel/ceiling.ts',
    edits: [['this.beginOf(this.refusing) - this.gapBytes', 'this.beginOf(this.refusing)']],
  },
  {
    promise: 'P11', name: 'nobody collects what was let go', file: 'src/process/kernel/ceiling.ts',
    edits: [['env.collectGarbage();', ';']],
  },
  {
    promise: 'P12', name: 'an expired message is handled', file: 'src/behaviour/gen/skipped.ts',
    edits: [['if (p.kernel.env.mono() >= extra.expiresAt) {', 'if (extra.expiresAt < 0) {']],
  },
  {
    promise: 'P13', name: 'one restart more is allowed', file: 'src/supervisor/core/intensity.ts',
    edits: [['<= this.restartsMax', '<= this.restartsMax + 1']],
  },
  {
    promise: 'P13', name: 'the window of restarts is open at its end', file: 'src/supervisor/core/intensity.ts',
    edits: [['< now - this.periodMs', '<= now - this.periodMs']],
  },
  { promise: 'P14', name: 'children are stopped oldest first', file: 'src/supervisor/core/shutdown.ts', edits: [[
    'for (let i = children.length - 1; i >= 0; i--) {\n    const stopping = stopOne(family, children[i] as Child);\n    if (stopping instanceof Promise) return stopRest(family, children, i, stopping);',
    'for (let i = 0; i < children.length; i++) {\n    const stopping = stopOne(family, children[i] as Child);\n    if (stopping instanceof Promise) return stopRest(family, children, i, stopping);',
  ]] },
  {
    promise: 'P15', name: 'a stopped system keeps its listeners', file: 'src/system/stop.ts',
    edits: [['listeners.remove();', ';']],
  },
  {
    promise: 'P15', name: 'a stopped system keeps its timers', file: 'src/system/stop.ts',
    edits: [['kernel.deadlines.close();', ';']],
  },
  {
    promise: 'P16', name: 'the signal of a dead incarnation does not fire', file: exit,
    edits: [['if (p.ext !== null) abortAll(p.ext, reason);', '']],
  },
  {
    promise: 'P16', name: 'a dead incarnation still acts', file: 'src/process/record/fence.ts',
    edits: [['if (p === null || p.phase !== Phase.Dead) return false;', 'if (p !== null || p === null) return false;']],
  },
  {
    promise: 'P16', name: 'a dead incarnation still ends others', file: verbs,
    edits: [['if (!this.lives()) return;\n    if (peer !== null) exitSignal', 'if (peer !== null) exitSignal']],
  },
  {
    promise: 'P16', name: 'a dead incarnation still casts by a bare ref', file: 'src/behaviour/gen/ref.ts',
    edits: [['if (rank >= 0 && (current === null || current.phase !== Phase.Dead)) {', 'if (rank >= 0) {']],
  },
  { promise: 'P16', name: 'a dead incarnation still links', file: verbs, edits: [[
    "if (!this.lives()) return;\n    const addr = this.processAt('link', to);",
    "const addr = this.processAt('link', to);",
  ]] },
  {
    promise: 'P16', name: 'a dead incarnation still registers', file: 'src/behaviour/gen/caller.ts',
    edits: [['return fenced(p) ? null : p;', 'return p;']],
  },
  {
    promise: 'P16', name: 'a kept timers object still starts timers', file: 'src/behaviour/gen/outward/timers.ts',
    edits: [["if (fenced(this.#p)) {", "if (this.#p === undefined) {"]],
  },
  { promise: 'P17', name: 'the throw of an abort listener is not kept', file: 'src/behaviour/gen/guard.ts', edits: [[
    "tell(kernel, 'a listener of a signal failed', () => (typeof listener === 'function' ? listener.call(signal, event) : listener.handleEvent(event)));",
    "void (typeof listener === 'function' ? listener.call(signal, event) : listener.handleEvent(event));",
  ]] },
  {
    promise: 'P17', name: 'the late rejection of an agent that killed itself is nobody\'s',
    file: 'src/process/kernel/loop.ts',
    edits: [['settle(thenable, ignore, ignore); // it ended', 'return; // it ended']],
  },
  { promise: 'P18', name: 'a failed at-most-once is tried again', file: attempt, edits: [[
    "if (terms.guarantee === 'at-most-once' || to.shared.closed || (guilty",
    'if (to.shared.closed || (guilty',
  ]] },
  { promise: 'P18', name: 'a queued at-most-once goes to the next incarnation', file: attempt, edits: [[
    "if (d.terms.guarantee === 'at-most-once' || to.shared.closed || !outlasts(d.target)) deadLetter(to, d, reason);",
    'if (to.shared.closed || !outlasts(d.target)) deadLetter(to, d, reason);',
  ]] },
  { promise: 'P18', name: 'an at-most-once that is nacked is tried again', file: attempt, edits: [[
    "attemptFailed(to, d, 'nack', delay);",
    "if (d.terms.guarantee !== 'at-most-once') return attemptFailed(to, d, 'nack', delay);\n  withdraw(to, d, false);\n  hold(to, d);\n  awaitOwner(to, d);",
  ]] },
  { promise: 'P19', name: 'messages of earlier lives are not found', file: durability, edits: [[
    "if (table === 'message') this.backlogOf", "if (table === 'topic') this.backlogOf",
  ]] },
  { promise: 'P19', name: 'a handled message keeps its row', file: stored, edits: [[
    "journal.remove('message', this.seq);", ';',
  ]] },
  { promise: 'P20', name: 'an acknowledged message is sent once more', file: message, edits: [[
    "    conclude(this, 'handled', value, undefined, undefined);\n    return true;\n  }",
    `    const { to: { counters, all }, terms: { guarantee } } = this;
    if (this.attempts === 1 && guarantee === 'at-least-once') {
      counters.running--;
      all.running--;
      counters.acknowledged++;
      all.acknowledged++;
      this.state = State.Held;
      this.to.again(this);
      return true;
    }
    conclude(this, 'handled', value, undefined, undefined);\n    return true;\n  }`,
  ]] },
  { promise: 'P20', name: 'what a durable machine has answered is postponed', file: postpone, edits: [[
    '!d.running || rare.answering === d.starts', '!d.running',
  ]] },
  { promise: 'P22', name: 'a postponed message keeps its mark', file: postpone, edits: [[
    'if (rare.stored !== null) unmark(kernel.gate, d, rare.stored);', ';',
  ]] },
  { promise: 'P22', name: 'a postponed message comes again unmarked', file: postpone, edits: [[
    'if (rare.stored !== null) rare.stored.begins(d.attempts);', ';',
  ]] },
  { promise: 'P21', name: 'the payload of a duplicate is forgotten while the first one is measured', file: 'src/delivery/guarantee/dedupe/ledger.ts',
    edits: [['const { a, b, c, d } = digest ?? this.keys.memory.digester.of(payload);\n    if (this.bytes < 0) this.seal((this.message as KeyHolder).payload);',
      'if (this.bytes < 0) this.seal((this.message as KeyHolder).payload);\n    const { a, b, c, d } = digest ?? this.keys.memory.digester.of(payload);']] },
  { promise: 'P21', name: 'a duplicate is handled', file: 'src/delivery/guarantee/dedupe/ledger.ts', edits: [[
    'if (found === undefined || found.message !== null) return found;',
    'if (found === undefined || found.message !== null) return undefined;',
  ]] },
  {
    promise: 'P22', name: 'one attempt more than allowed', file: attempt,
    edits: [['d.attempts >= terms.attemptsMax)', 'd.attempts > terms.attemptsMax)']],
  },
  {
    promise: 'P22', name: 'the back-off does not grow', file: 'src/base/backoff.ts',
    edits: [['schedule.factor ** (attempt - 1)', 'schedule.factor ** 0']],
  },
  {
    promise: 'P23', name: 'a retried dead letter is another message', file: letters,
    edits: [['past === null || past.id === 0 ? ++this.lastId : past.id', '++this.lastId']],
  },
  { promise: 'P23', name: 'the row of a letter that is sent again stays', file: durability, edits: [[
    'letter?.redelivered(stored);', ';',
  ]] },
  { promise: 'P22', name: 'marks are lost when a system stops while it recovers', file: durability, edits: [[
    'await this.opened.catch(() => undefined);', ';',
  ]] },
  {
    promise: 'P24', name: 'the next of an order key does not wait', file: 'src/delivery/guarantee/order-keys.ts',
    edits: [['return row !== undefined;', 'return false;']],
  },
  { promise: 'P21', name: 'the key of a handled message is not stored', file: stored, edits: [[
    'if (answer) keys.add(this.stream, d.record, outcome);', 'if (answer) keys.free(this.stream, d.record);',
  ]] },
  {
    promise: 'P21', name: 'what a failed handler has sent goes all the same', file: turn,
    edits: [['part.dropped(reason);', 'part.committed();']],
  },
  { promise: 'P22', name: 'attempts are not marked before they begin', file: stored, edits: [[
    'if (this.marked) this.shared.journal.mark(this.seq, attempts);', 'if (this.marked) return;',
  ]] },
  { promise: 'P24', name: 'a message that expires while it is handled lets the next of its order key go', file: attempt, edits: [[
    'd.lapsed = true;\n  if',
    'd.lapsed = true;\n  const next = d.state === State.Running && d.order !== null ? to.orders.next(d, d.order) : null;\n'
      + '  if (next !== null) to.again(next);\n  if',
  ]] },
  { promise: 'P24', name: 'a message that expires in a back-off holds its order key for ever', file: settle, edits: [[
    'if (d.rare.order !== null) goOn(',
    "if (d.rare.order !== null && kind !== 'expired') goOn(",
  ]] },
  {
    promise: 'P25', name: 'the numbers of a sender have no bound', file: 'src/delivery/guarantee/dedupe/window.ts',
    edits: [['return this.above.size >= WINDOW_MAX;', 'return this.above.size < 0;']],
  },
  { promise: 'P25', name: 'handled keys are never forgotten', file: 'src/delivery/guarantee/dedupe/ledger.ts', edits: [[
    'if (++this.handledKeys > this.memory.limits.keysMax) this.memory.forget(this.oldest as KeyRecord);',
    'this.handledKeys++;',
  ]] },
  { promise: 'P27', name: 'a checksum always fits', file: 'src/journal/frame.ts', edits: [[
    'return sum === stored >>> 0 ? null', 'return sum === stored >>> 0 || true ? null',
  ]] },
  { promise: 'P28', name: 'a journal goes on after a failed write', file: 'src/journal/journal.ts', edits: [[
    "if (this.now === 'open') this.now = 'failed';", ';',
  ]] },
  { promise: 'P29', name: 'a half-open breaker lets one probe more through', file: breaker, edits: [
    ['this.probes.size + this.probed < this.options.probes', 'this.probes.size + this.probed <= this.options.probes'],
  ] },
  {
    promise: 'P29', name: 'a cancelled call is a failure', file: breaker,
    edits: [["? 'failure' : 'ignored';", "? 'failure' : 'failure';"]],
  },
  { promise: 'P30', name: 'round robin looks at the dead', file: strategy, edits: [[
    'const member = list[this.next++] as BalanceMember;\n      if (from.taker(member) !== null) return member;',
    'const member = list[this.next++] as BalanceMember;\n      return member;',
  ]] },
  {
    promise: 'P30', name: 'round robin starts anew when a member goes', file: strategy,
    edits: [['if (at < this.next) this.next--;', 'this.next = 0 * at;']],
  },
  { promise: 'P30', name: 'the least loaded is the most loaded', file: strategy, edits: [[
    'if (load >= least) continue;\n      best = member;\n      least = load;',
    'if (load === Infinity || (best !== null && load <= least)) continue;\n      best = member;\n      least = load;',
  ]] },
  { promise: 'P31', name: 'a key goes to the next in turn', file: strategy, edits: [
    ['const score = scoreOf(key, member.hash);', 'const score = mix(scoreOf(key, member.hash) ^ from.list.length);'],
  ] },
  {
    promise: 'P32', name: 'the monotonic clock is the wall clock', file: 'src/base/env.ts',
    edits: [['return performance.now();', 'return Date.now();']],
  },
  {
    promise: 'P32', name: 'a delay beyond 2^31 ms is handed to one native timer', file: deadlines,
    edits: [['Math.min(CHUNK_MAX_MS, ', 'Math.min(Infinity, ']],
  },
  {
    promise: 'P33', name: 'a stall is told when it is over', file: 'src/observe/stall-thread.ts',
    edits: [['look(stall, () => say(stall ?? {}, Math.round(performance.now() - since)));', ';']],
  },
  {
    promise: 'P33', name: 'nobody says who runs', file: 'src/observe/stall.ts',
    edits: [['if (p === undefined || p.kernel !== kernel) return undefined;', 'if (p !== null) return undefined;']],
  },
  {
    promise: 'P33', name: 'a stall is told 100 ms too late', file: 'src/observe/stall-thread.ts',
    edits: [['now - since >= stallMs)', 'now - since >= stallMs + 100)']],
  },
  {
    promise: 'P34', name: 'overdue deadlines are done newest first', file: deadlines,
    edits: [['if (parent.key <= list.key) break;', 'if (parent.key >= list.key) break;']],
  },
  {
    promise: 'P35', name: 'a taken message stays in its mailbox', file: 'src/process/kernel/loop.ts',
    edits: [['segment[at + 1] = null;\n      segment[at + 2] = null;', ';']],
  },
  {
    promise: 'P35', name: 'names are kept for ever', file: 'src/router/names/names.ts',
    edits: [['this.sweep();\n    return this.remember(made);', 'return this.remember(made);']],
  },
  { promise: 'P36', name: 'what a logger throws is not kept', file: 'src/observe/reporter.ts', edits: [[
    '} catch {\n      this.failures++;\n      return false;',
    '} catch (error) {\n      this.failures++;\n      throw error;',
  ]] },
  {
    promise: 'P39', name: 'segments of a name may be anything', file: 'src/router/names/names.ts',
    edits: [['name.split(/[.:/]/).every((part) => SEGMENT.test(part))', 'name.length > 0']],
  },
];
