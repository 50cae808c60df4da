export { findCycle } from './cycle.js';
export { DEAD_LETTERS_KEPT, DeadLetters, type DeadLetter } from './dead-letters.js';
export { Names, checkName, checkStartName } from './names.js';
export { Request, RequestExtra, request, requestWith, type RequestOptions } from './request.js';
export { hold, letGo, Router, pidOf, titleOf, type Taken } from './router.js';
export { Via, via, ViaAddress, type ViaProvider } from './via.js';
