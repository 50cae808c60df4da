import { main } from './program.js';

const interrupt = new AbortController();
// Once: a second Ctrl-C meets the default handler and ends the program at once.
process.once('SIGINT', () => {
  process.stderr.write('castcall audit: finishing what is under way (Ctrl-C again to quit at once)\n');
  interrupt.abort(new Error('interrupted'));
});

const { stdout, stderr } = process;
// The exit code is set, not forced: that the program ends by itself shows that nothing was left running.
process.exitCode = await main(process.argv.slice(2), {
  cwd: process.cwd(),
  out: (text) => { stdout.write(text); },
  err: (text) => { stderr.write(text); },
  screen: stdout.isTTY ? () => ({ columns: stdout.columns, rows: stdout.rows }) : null,
  interrupt: interrupt.signal,
});
