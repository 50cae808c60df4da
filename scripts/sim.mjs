// `npm run sim`: the runtime under a seeded scheduler on virtual time; see test/sim/run.ts.
import { pathToFileURL } from 'node:url';
import { build, compiled } from './program.mjs';

await build(() => process.stderr.write('castcall sim: building once…\n'));

const program = compiled('test/sim/run.ts');
process.argv[1] = program;
await import(pathToFileURL(program).href);
