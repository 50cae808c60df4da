/** What a command of the command line is, and how it reads a store. */
export { type CliCommand, CliError, Exit, type Input, type Terminal, textOption } from './command.js';
export { type Inspected, StoreInspector } from './inspector.js';
export { jsonOf } from './json.js';
export { withStore } from './opened.js';
export { askOwner } from './owner.js';
export { readAs, seqOf, show, valueOf } from './read.js';
export { type Columns, Listing, plain, reasonWord, when } from './table.js';
