// Wrong variants of services: see scripts/mutants.mjs.
const core = 'src/bus/service/core.js';
const starts = 'src/bus/service/starts.js';
const ask = 'src/bus/service/ask.js';
const request = 'src/bus/service/service-ask.js';
const stream = 'src/bus/service/stream-ask.js';
const seats = 'src/bus/service/seats.js';
const hand = 'src/bus/service/hand.js';
const definition = 'src/bus/service/definition.js';

export const services = [
  { suite: 'service', name: 'service: who runs is not told that it is closed', file: core, edits: [
    ["if (why === 'closed')", 'if (false)'],
  ] },
  { suite: 'service', name: 'service: started workers outlive its close', file: 'src/bus/service/crew.js', edits: [
    ["await (await this.supervisor).stop('shutdown');", ';'],
  ] },
  { suite: 'service', name: 'service: a place is not given back', file: core, edits: [
    ['this.seats.give(seat, ', 'void (seat, '],
  ] },
  { suite: 'service', name: 'service: attempts have no end', file: core, edits: [
    ['ask.attempts >= retry.attemptsMax', 'false'],
  ] },
  { suite: 'service', name: 'service: a request has no time limit', file: ask, edits: [
    ['kernel.deadlines.add(this, timeoutMs);', ';'],
  ] },
  { suite: 'service', name: 'service: the request of a dead process goes on', file: ask, edits: [
    ['this.outer = caller.from;\n            trackCall(caller, this);', 'this.outer = caller.from;'],
  ] },
  { suite: 'service', name: 'service: a worker has one request too many', file: seats, edits: [
    ['seat.running < this.concurrency', 'seat.running <= this.concurrency'],
  ] },
  { suite: 'service', name: 'service: a request that comes back is forgotten', file: core, edits: [
    ['this.stand(ask, this.front);\n    }\n    isTriedAgain', ';\n    }\n    isTriedAgain'],
  ] },
  { suite: 'service', name: 'service: any number may wait', file: core, edits: [
    ['account.waiting > capacity', 'false'],
  ] },
  { suite: 'service', name: 'service: an answer that is too late is given', file: request, edits: [
    ['if (ask.hand === this)\n            ask.responded', 'if (true)\n            ask.responded'],
  ] },
  { suite: 'service', name: 'service: nobody hears that all workers have ended', file: core, edits: [
    ['this.refuseAll();', ';'],
  ] },
  { suite: 'service', name: 'service: a stream keeps its place', file: stream, edits: [
    ['this.core.release(turn, error);', ';'],
  ] },
  { suite: 'service', name: 'service: the turn of a limit is not given back', file: starts, edits: [
    ['this.limiter.leave(permit, false);', ';'],
  ] },
  { suite: 'service', name: 'service: at-most-once is tried again', file: definition, edits: [
    ["if (guarantee !== 'at-least-once')", 'if (false)'],
  ] },
  { suite: 'service', name: 'service: the end of a worker is not told', file: hand, edits: [
    ["this.failed(this.error('EXIT', { reason }), tried);", ';'],
  ] },
  { suite: 'service', name: 'service: a freed place waits for the next request', file: request, edits: [
    ['core.release(this.turn, error);\n        core.pump();', 'core.release(this.turn, error);'],
  ] },
];
