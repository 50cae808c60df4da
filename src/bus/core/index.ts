/** What the rooms of the bus share. */
export { BusError } from './error.js';
export { checkBusName, checkPattern, unknownName } from './names.js';
