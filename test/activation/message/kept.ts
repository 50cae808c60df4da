import { defineAgent } from '../../../src/index.js';

/** A durable agent that counts its turns. */
export const Kept = defineAgent({
  name: 'kept', durable: true, init: () => ({ n: 0 }), calls: { turn: (self) => ++self.state.n },
});
