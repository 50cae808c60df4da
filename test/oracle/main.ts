import { runCli } from './cli.js';

process.exitCode = await runCli(
  process.argv.slice(2), (text) => console.log(text), (text) => console.error(text),
);
