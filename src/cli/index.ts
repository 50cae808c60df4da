/** The command line of the package. */
export { type CliCommand, CliError, Exit, type Input, type Terminal } from './command/index.js';
export { help, run } from './run.js';
