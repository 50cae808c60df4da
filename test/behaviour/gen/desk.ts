import { defineAgent, type From } from '../../../src/index.js';
import type { Gate } from '../help.js';

export const boom = new Error('boom');

/** Answers in all the ways there are. */
export const Desk = defineAgent({
  init: () => ({ done: [] as string[], kept: [] as From[] }),
  calls: {
    echo: (self, text: string) => text,
    done: (self) => self.state.done,
    async slow(
      self, given: { what: string; gate?: Gate },
    ) { await given.gate?.promise; self.state.done.push(given.what); return given.what; },
    hold(self) { self.state.kept.push(self.from as From); return self.noreply(); },
    answer: (self, value: unknown) => self.reply(self.state.kept.shift() as From, value),
    twice(self) { self.reply(self.from as From, 'first'); return 'second'; },
    crash() { throw boom; },
    async hang() { await new Promise(() => undefined); },
    quit: (self) => self.stop('normal'),
    isSettled: (self) => self.state.kept.map((from) => from.settled),
  },
});
