/** What survives the program: the journal, over the port of stores. */
export { StoreError } from './port/index.js';
