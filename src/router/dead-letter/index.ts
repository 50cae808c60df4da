/** What nobody took. */
export { DEAD_LETTER_BYTES, DEAD_LETTERS_KEPT, DeadLetters } from './dead-letters.js';
export { Failure, type LetterLimits, type Redelivery } from './letter.js';
export { tellSender, wantsFeedback } from './feedback.js';
