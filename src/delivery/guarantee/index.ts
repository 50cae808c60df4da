/** Messages with a guarantee. */
export { goes, goesOn } from './accept.js';
export { parked, unparked } from './attempt.js';
export { KeyRecord, LEDGER, type LedgerLimits } from './dedupe/ledger.js';
export { Delivery } from './delivery.js';
export { Destination, type Route, routeOf, type Shared } from './destination.js';
export { RECENT_MAX } from './history.js';
export { heldAgain, holdRecovered, leaveRecovered } from './hold.js';
export { Message } from './message.js';
export { Outcome } from './outcome.js';
export { type Chunk, ChunkReader } from './pending/chunks.js';
export { commitCoalescing, waits } from './pending/coalesce.js';
export { Slot } from './pending/slot.js';
export { attemptsOf } from './redelivery.js';
export { settledAll } from './settled-all.js';
export { deadLetterHeld, deadLetterWaiting, neverWent, toldOver } from './settle.js';
export type { MessageStore } from './store/port.js';
export type { Recovered, Stored } from './store/stored.js';
