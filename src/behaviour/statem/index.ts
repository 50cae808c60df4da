/** State machines. */
export { defineStatem, defineStatemHandler, operation } from './definition.js';
export { StatemSelf as StatemInstance } from './self.js';
export { actions } from './transition.js';
