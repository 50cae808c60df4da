import { defineAgent } from '../../../src/index.js';

/** Answers at once, after a while, or not. */
export const Replica = defineAgent({
  name: 'Replica',
  init: (n: number) => ({ n, aborted: [] as unknown[] }),
  calls: {
    read: (self) => self.state.n,
    refuse: (self) => self.refuse('STALE'),
    crash: () => { throw new Error('broken'); },
    /** answers after n * ms, whatever its signal says */
    slow(self, ms: number) {
      const { from, signal, state } = self;
      signal.addEventListener('abort', () => void state.aborted.push(signal.reason));
      self.sendAfter(ms * state.n, from);
      return self.noreply();
    },
    aborted: (self) => self.state.aborted.map((why) => (why as Error).message),
  },
  info(self, from) { self.reply(from as never, self.state.n); },
});
