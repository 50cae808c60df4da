/** What outlives the program: stored messages, durable agents; and how it reads in a store. */
export { asideKey, type CrashRecord, decodeCrashes } from './aside.js';
export { type DeadLetterRow, decodeDeadLetter, encodeDeadLetter } from './dead-row.js';
export { ItemLetter } from './dead-rows.js';
export { Durability, durabilityOf } from './durability.js';
export { decodeMessage, type Envelope } from './envelope.js';
export type { KeptRecords } from './kept-records.js';
export { AGENT_RESET, AGENT_RESUME, DLQ_PRUNE, DLQ_RETRY, WAIT_REJECT, WAIT_RESOLVE } from './operator.js';
export { RETENTION, type Limits, type Retention } from './retention.js';
export { decodeState, type StateRecord } from './state/state-record.js';
export { attemptsRow } from './stored-message.js';
export type { RowsRetried } from './stored-letters.js';
export type { Requeue } from './stored-redelivery.js';
export {
  decodeItem, decodePlace, encodeItem, type FoundTopic, ITEM_BYTES, readItems, type TopicItem,
} from './topic-rows.js';
export { decodeWait, type WaitRecord } from './waits.js';
