// `npm start`: the audit example. It runs inside this very process, so arguments, signals and the
// exit code need no forwarding.
import { pathToFileURL } from 'node:url';
import { build, compiled } from './program.mjs';

const toStderr = process.argv.includes('--json');   // with --json, stdout carries JSON and nothing else
await build(() => (toStderr ? process.stderr : process.stdout).write('castcall audit: building once…\n'));

const program = compiled('examples/audit/main.ts');
process.argv[1] = program;
await import(pathToFileURL(program).href);
