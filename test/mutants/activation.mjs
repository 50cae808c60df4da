// Wrong variants of addresses: see scripts/mutants.mjs.
const activation = 'src/activation/address/activation.js';
const sweep = 'src/activation/address/sweep.js';
const rests = 'src/activation/passivation/rests.js';
const leave = 'src/activation/passivation/leave.js';
const hold = 'src/delivery/guarantee/hold.js';
const suite = 'activation';

export const activations = [
  { name: 'what waits for an owner starts nobody', file: hold, suite, edits: [[
    'target.activator.wanted(target);', ';',
  ]] },
  { name: 'an agent with queued messages is passivated', file: rests, suite, edits: [[
    'box.size === 0 && box.n === 0 && box.ready === 0', 'true',
  ]] },
  { name: 'an agent that handles a message is passivated', file: rests, suite, edits: [[
    'p.run === Run.Idle && p.op === null', 'true',
  ]] },
  { name: 'the name of one whose terminate runs is not free', file: leave, suite, edits: [[
    'names.release(p);', '',
  ]] },
  { name: 'the next one starts beside the terminate of the one before', file: sweep, suite, edits: [[
    'one.leaving = leaving;', '',
  ]] },
  { name: 'who has just come may leave before its first message', file: 'src/activation/passivation/activity.js', suite,
    edits: [['one !== but && ', '']] },
  { name: 'a start that has failed is never tried again', file: activation, suite, edits: [[
    'this.start(resident); if (resident.cell.owner === null) this.wanted(resident.cell);', '',
  ]] },
  { name: 'what comes while a state is saved does not keep its agent', file: sweep, suite, edits: [[
    'if (one.seen === seen && isAtRest(one))', 'if (true)',
  ]] },
];
