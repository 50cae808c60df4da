/** What nobody took. */
export { DEAD_LETTER_BYTES, DEAD_LETTERS_KEPT, DeadLetters } from './dead-letters.js';
export type { Edit, Restored } from './kept.js';
export { Failure, type LetterLimits, type PastLetter, type Redelivery } from './letter.js';
export { tellSender, wantsFeedback } from './feedback.js';
