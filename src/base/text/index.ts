/** Values as text, and what may be asked of a value that is not ours. */
export { isOfThisCopy, otherCopy } from './copy.js';
export { fieldOf, isA, isSignal, offAbort, onAbort } from './foreign.js';
export { hashText, mix } from './hash.js';
export { fieldsToldOf, jsonOf, told, toldAs } from './json.js';
export { Line, type Standing } from './line.js';
export { HIDDEN, isError, loggedAs, printable, printableLogged, shapeOf } from './print.js';
export { redacted } from './redact.js';
export { isShown, shownAs } from './shown.js';
