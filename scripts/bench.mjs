// `npm run bench`: builds, then runs the compiled bench/run.ts inside this process with --expose-gc in force.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pathToFileURL } from 'node:url';
import { build, compiled } from './program.mjs';

await build(() => process.stderr.write('castcall bench: building once…\n'));

setFlagsFromString('--expose-gc');
globalThis.gc = runInNewContext('gc');
const program = compiled('bench/run.ts');
process.argv[1] = program;
await import(pathToFileURL(program).href);
