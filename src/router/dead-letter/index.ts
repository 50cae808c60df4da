/** What nobody took. */
export { DEAD_LETTER_BYTES, DEAD_LETTERS_KEPT, DeadLetters } from './dead-letters.js';
export {
  type DeadLetter, type DeadLetterGap, Failure, type LetterFailure, type LetterLimits,
  type LetterQuery, type LetterVerb, type Redelivery, type RetryRefusal, type RetryReport,
} from './letter.js';
