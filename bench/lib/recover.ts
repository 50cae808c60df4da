// `node recover.js <library> <file>`: a program that starts with what an earlier one has left in its store, and what
// that took. It ends without closing anything, so that the next one finds what a crash leaves.
import { nowMs } from './clock.js';
import { loadLibrary } from './library.js';

const [libraryPath = '', file = ''] = process.argv.slice(2);
const library = await loadLibrary(libraryPath);
const began = nowMs();
const system = library.createSystem({ store: library.sqlite(file), logger: false });
await system.store.ready;
const ms = nowMs() - began;
const { recovered } = system.stats().delivery;
process.stdout.write(JSON.stringify({ ms, rows: recovered, rssMb: process.resourceUsage().maxRSS * 1_024 / 1e6 }));
process.exit(0);
