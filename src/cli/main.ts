#!/usr/bin/env node
// `npx castcall`: the program of the package.
import { nodeEnv } from '../base/index.js';
import { run } from './run.js';

// Some versions of Node warn that node:sqlite is young: which engine a store has is nobody's concern here.
process.removeAllListeners('warning');
// A reader that has seen enough (`| head`) ends the program without a word.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

void run(process.argv.slice(2), {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
}, nodeEnv()).then((code) => { process.exitCode = code; });
