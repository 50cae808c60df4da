export { findCycle } from './request/cycle.js';
export { DEAD_LETTER_BYTES, DEAD_LETTERS_KEPT, DeadLetters } from './dead-letter/dead-letters.js';
export { Failure } from './dead-letter/letter.js';
export type {
  DeadLetter, DeadLetterGap, LetterFailure, LetterLimits, LetterQuery, LetterVerb, Redelivery, RetryRefusal,
  RetryReport,
} from './dead-letter/letter.js';
export { hold, letGo } from './names/holdings.js';
export {
  broadcast, GroupChange, GroupMonitor, GroupTable, type Candidate, type GroupMonitorRef,
} from './names/groups.js';
export type { Locks, NoLock } from './names/locks.js';
export { Cell, Names, checkName, checkStartName } from './names/names.js';
export { anything, matches, type Pattern } from './names/pattern.js';
export { Entry, RegistryTable } from './names/registry.js';
export { put, type PutOptions } from './request/put.js';
export {
  CallRequest, Request, RequestExtra, request, requestWith, sendRequest, SentRequest, systemRequest,
  type RequestOptions,
} from './request/request.js';
export { Router, type Taken } from './router.js';
export { senderOf, titleOf } from './request/title.js';
export { via, ViaAddress } from './names/via.js';
export { unwatch, watchSignal, type Abortable, type Watched } from './request/watch.js';
