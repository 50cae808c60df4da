// One life of the program that is killed: its order is its argument, it speaks to its parent, and when
// that is gone it ends at once.
import { explainFailure } from '../failure.js';
import { LineDisplay } from '../output/display.js';
import { runSwarm } from '../swarm.js';
import { storeAt } from './place.js';
import type { Heard, Order, Said } from './wire.js';

const { options, path } = JSON.parse(process.argv[2] ?? '') as Order;
const interrupt = new AbortController();
const say = (said: Said): void => void process.send?.(said);

// Ctrl-C reaches both programs, and this one waits for what its parent makes of it.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(1));
process.on('message', (heard: Heard) => {
  if (heard === 'interrupt') interrupt.abort(new Error('interrupted'));
  else process.disconnect();
});

say({ kind: 'begun' });
const display = new LineDisplay((text) => say({ kind: 'line', text: text.trimEnd() }));
try {
  const report = (done: number): void => say({ kind: 'files', done });
  say({ kind: 'result', run: await runSwarm(options, display, interrupt.signal, storeAt(path), report) });
} catch (error) {
  say({ kind: 'failed', text: explainFailure(error) });
}
