/** What the rooms of the bus share. */
export { BusError } from './error.js';
export { checkBusName, checkPattern, sameOptions, unknownName } from './names.js';
