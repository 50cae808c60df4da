// `npm run prove`: kills, faults of the disk, loss of power and damage, against a store; see test/prove/run.ts.
import { pathToFileURL } from 'node:url';
import { build, compiled } from './program.mjs';

await build(() => process.stderr.write('castcall prove: building once…\n'), { lives: true });

const program = compiled('test/prove/run.ts');
process.argv[1] = program;
await import(pathToFileURL(program).href);
