// Wrong variants of what senders are told of topics and queues: see scripts/mutants.mjs.
const items = 'src/bus/queue/items.js';
const work = 'src/bus/queue/work-queue.js';
const redelivery = 'src/bus/queue/redelivery.js';
const reader = 'src/bus/topic/reader.js';
const suite = 'undeliverable';

export const undeliverables = [
  { name: 'undeliverable: who pushed is not told', file: items, suite, edits: [[
    'item.cold.past = past; if (from !== null) item.cold.from = from;', 'item.cold.past = past;',
  ]] },
  { name: 'undeliverable: who pushed what took a place is not told', file: items, suite, edits: [[
    'item.rare = null; if (from !== null) item.cold.from = from;', 'item.rare = null;',
  ]] },
  { name: 'undeliverable: who waited for room is not told', file: work, suite, edits: [[
    'this.items.add(pusher.payload, pusher.asked, null, pusher.from);',
    'this.items.add(pusher.payload, pusher.asked, null, null);',
  ]] },
  { name: 'undeliverable: what is sent again is not told again', file: redelivery, suite, edits: [[
    'letter, of.sender)', 'letter, null)',
  ]] },
  { name: 'undeliverable: who published is not told', file: reader, suite, edits: [[
    'wantsFeedback(from) ? new Signed(item, from) : item', 'item',
  ]] },
  { name: 'undeliverable: a reader reads what is in the buffer, not the message', file: reader, suite, edits: [[
    'item instanceof Signed ? item.message : item;', 'item;',
  ]] },
  { name: 'undeliverable: who did not ask is told', file: 'src/router/dead-letter/feedback.js', suite, edits: [[
    'sender.behaviour.undeliverable === true', 'true',
  ]] },
];
