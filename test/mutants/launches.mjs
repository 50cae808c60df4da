// Wrong variants of sub-agents: see scripts/mutants.mjs.
const launch = 'src/supervisor/launch/launch.js';
const handle = 'src/supervisor/launch/sub-agent.js';
const shutdown = 'src/supervisor/core/shutdown.js';
const suite = 'launch';

export const launches = [
  { name: 'a sub-agent that has replied lives on', file: handle, suite, edits: [[
    'tell(); void Promise.resolve().then(() => this.#end());', 'tell();',
  ]] },
  { name: 'cancel does not wait for the end', file: handle, suite, edits: [[
    'this.aborted(reason); return this.#kernel.answer(this.#end());',
    'this.aborted(reason); return this.#kernel.answer(Promise.resolve());',
  ]] },
  { name: 'cancel ends the child and fires no signal', file: handle, suite, edits: [[
    'this.#request?.abort(reason);', '{ this.#request = null; this.#settle(() => this.#reject(reason)); }',
  ]] },
  { name: 'a time limit of a launch is none', file: handle, suite, edits: [['if (job.timeoutMs >= 0)', 'if (false)']] },
  { name: 'detach ends the child', file: handle, suite, edits: [[
    'this.#detached = true;', 'this.#detached = true; void this.#end();',
  ]] },
  { name: 'the end of an init is told as the end of a callee', file: handle, suite, edits: [[
    'p !== null && p.phase !== Phase.Dead', 'true',
  ]] },
  { name: 'sub-agents are linked to nobody of their owner', file: launch, suite, edits: [[
    'startAgent(this.host, plan, owner)', 'startAgent(this.host, plan, owner, false)',
  ]] },
  { name: 'a child that is ended by a rule is never killed', file: shutdown, suite, edits: [[
    ': waitForEnd(p, shutdownMs, reason); }', ': waitForEnd(p, -1, reason); }',
  ]] },
];
