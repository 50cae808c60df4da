// Wrong variants of src/behaviour: see scripts/mutants.mjs.
const agent = 'src/behaviour/gen/server/server.js';
const ending = 'src/behaviour/gen/ending.js';
const start = 'src/behaviour/gen/start.js';

export const behaviour = [
  {
    name: 'sends of a dead incarnation go through', file: 'src/process/record/fence.js',
    edits: [[/(counts\.zombies\+\+;\s+)return true;/, '$1return false;']],
  },
  {
    name: 'the idle timeout is not cancelled by a message', file: agent,
    edits: [['&& op.kind !== Kind.Idle', '&& op.kind === Kind.Idle']],
  },
  { name: 'a crash keeps the half-made state', file: agent, edits: [['self.state = self.committed;', ';']] },
  {
    name: 'an expired message is handled', file: 'src/behaviour/gen/skipped.js',
    edits: [['if (p.kernel.env.mono() >= extra.expiresAt) {', 'if (false) {']],
  },
  {
    name: "the parent's exit is a message", file: ending, edits: [[/p\.parent !== null && from === p\.parent/, 'false']],
  },
  {
    name: "anybody's exit is the parent's", file: ending,
    edits: [[/p\.parent !== null && from === p\.parent/, 'p.parent !== null']],
  },
  {
    name: 'the last reply is sent before terminate', file: ending,
    edits: [['p.cold().ending = ending;', 'ending.replyTo?.reply(ending.reply); p.cold().ending = ending;']],
  },
  {
    name: 'a crash in terminate is forgotten', file: ending,
    edits: [['ending.reason = lastReason(p, error);', ';']],
  },
  {
    name: 'terminate does not run', file: ending,
    edits: [['if (run !== null) {', 'if (run === undefined) {']],
  },
  {
    name: 'continue waits its turn', file: 'src/behaviour/gen/server/self.js',
    edits: [[/CONTINUE, what, null, Rank\.Front/, 'CONTINUE, what, null, Rank.Low']],
  },
  { name: 'a failed start leaves its process', file: start, edits: [[/exitProcess\(p, exit\);/, ';']] },
  {
    name: 'an Exit follows a failed start', file: start,
    edits: [[/unlink\(p\.parent, p\);\s+exitProcess\(p, exit\);/, ';exitProcess(p, exit);']],
  },
  {
    name: 'a waiting receive outlives its process', file: 'src/behaviour/gen/body/receiver.js',
    edits: [['self.p.cold().idle = this;', ';']],
  },
  {
    name: 'suspend by sys holds nothing', file: 'src/process/record/hold.js',
    edits: [['export function suspend(p) {', 'export function suspend(p) { return;']],
  },
];
