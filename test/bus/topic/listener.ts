import { z } from 'zod';
import { defineAgent } from '../../../src/index.js';

/** An agent that notes what it hears of topics. */
export const Listener = defineAgent({
  name: 'Listener',
  init: () => [] as unknown[],
  calls: { read: (self) => [...self.state] },
  casts: {
    price(self, price: number) { self.state.push(price); },
    strict: { schema: z.object({ price: z.number() }), handle(self, message) { self.state.push(message.price); } },
    follow(self, name: string) { self.topic(name).subscribe(self); },
    hold: () => new Promise<void>(() => undefined),
  },
  info(self, message) { self.state.push(message); },
});

/** What a promise has come to: `done`, or the code, else the reason, of its rejection. */
export async function code(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(() => 'done', (error: unknown) => (error as { code?: string }).code ?? error);
}

/** What a call throws. */
export function thrown(fn: () => unknown): { code?: string; message: string } {
  try {
    fn();
  } catch (error) {
    return error as { code?: string; message: string };
  }
  throw new Error('nothing was thrown');
}
