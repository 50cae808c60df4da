export { findCycle } from './cycle.js';
export { DEAD_LETTERS_KEPT, DeadLetters, type DeadLetter } from './dead-letters.js';
export { Names, checkName } from './names.js';
export { Request, RequestExtra, request, requestWith, type RequestOptions } from './request.js';
export { Router, pidOf, titleOf } from './router.js';
