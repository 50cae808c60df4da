import type { Castcall } from './case.js';
import { nextTurn } from './clock.js';

const BEHAVIOURS = 24;
const MESSAGES = 20_000;
const BURST = 1_000;

interface LooseRef {
  cast(operation: string, payload: unknown): void;
  call(operation: string, payload: unknown): Promise<unknown>;
  send(message: unknown): void;
}

/**
 * Spoils V8's type feedback as a real program would: 24 definitions with code, states and messages
 * of their own, every sixth with async handlers. Without it every figure would rest on a single
 * handler that was inlined into the loop.
 */
export async function pollute(library: Castcall): Promise<void> {
  const system = library.createSystem({ name: 'pollution', logger: false });
  const define = library.defineAgent as unknown as (definition: unknown) => unknown;
  const start = system.start.bind(system) as unknown as (definition: unknown) => LooseRef;
  const refs = Array.from({ length: BEHAVIOURS }, (_, index) => start(define(behaviour(index))));
  for (let sent = 0; sent < MESSAGES; sent += BURST) {
    const answers: Promise<unknown>[] = [];
    for (const ref of refs) for (let k = sent; k < sent + BURST; k++) sendOne(ref, k, answers);
    await Promise.all(answers);
    for (let index = 0; index < BEHAVIOURS; index++) system.spawn(plainBody(index));
    await nextTurn();
  }
  const Kept = library.defineAgent({ init: () => ({}) });
  const supervisor = await system.supervise({ children: [library.child('kept', Kept, { name: false })] });
  survivors.push(system, refs, supervisor);
}

/** The polluting agents stay alive and idle: a program has other agents than the measured ones. */
const survivors: unknown[] = [];

function sendOne(ref: LooseRef, k: number, answers: Promise<unknown>[]): void {
  if (k % 3 === 0) ref.cast('tell', { [`k${k % 7}`]: k });
  else if (k % 3 === 1) ref.send({ a: k, [`x${k % 5}`]: 1 });
  else answers.push(ref.call('ask', k));
}

/** Source text, because closures of one function would share their feedback. */
function behaviour(index: number): unknown {
  const prefix = index % 6 === 5 ? 'async ' : '';
  return compile(`return {
    init: () => ({ n: 0, s${index}: ${index} }),
    calls: { ${prefix}ask(self, payload) { return payload + ${index}; } },
    casts: { ${prefix}tell(self, payload) { self.state.n++; } },
    info(self, message) { self.state = { n: self.state.n + 1, s${index}: message }; },
  };`);
}

function plainBody(index: number): () => void {
  return compile(`let n = 0; return () => { n += ${index}; };`) as () => void;
}

// eslint-disable-next-line @typescript-eslint/no-implied-eval -- closures of one function share feedback
const compile = (source: string): unknown => new Function(source)();
