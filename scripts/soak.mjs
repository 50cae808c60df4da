// `npm run soak`: ten times more messages than bounded mailboxes can take, for minutes; see bench/soak/run.ts.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pathToFileURL } from 'node:url';
import { build, compiled } from './program.mjs';

await build(() => process.stderr.write('castcall soak: building once…\n'));

setFlagsFromString('--expose-gc');
globalThis.gc = runInNewContext('gc');
const program = compiled('bench/soak/run.ts');
process.argv[1] = program;
await import(pathToFileURL(program).href);
