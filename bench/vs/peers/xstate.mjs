// xstate actors from transition functions. Delivery between actors is a synchronous call chain: a ring of 1,000
// overflows the stack, so there is no ring; a reply is a callback in the event, as it has no request of its own.
import { createActor, fromTransition } from 'xstate';
import { suite } from './suite.mjs';

const STOP = 'xstate.stop';   // a stop reaches the transition function as an event
let actors = [];

const adapter = {
  open() { actors = []; },
  close() { for (const actor of actors) actor.stop(); },
  spawn(handler, initial) {
    const step = (state, event) => (event.type === STOP ? state : handler(state, event, event.reply));
    const actor = createActor(fromTransition(step, initial)).start();
    actors.push(actor);
    return actor;
  },
  send: (actor, message) => actor.send(message),
  call: (actor, message) => new Promise((resolve) => actor.send({ ...message, reply: resolve })),
};

export const measurements = suite(adapter);
delete measurements.ring_1k;
