// `npm run oracle`: random scenarios on Erlang/OTP and on castcall, compared. It runs inside this
// very process, so arguments and the exit code need no forwarding.
import { pathToFileURL } from 'node:url';
import { build, compiled } from './program.mjs';

await build(() => process.stderr.write('castcall oracle: building once…\n'));

const program = compiled('test/oracle/main.ts');
process.argv[1] = program;
await import(pathToFileURL(program).href);
