/** Event managers. */
export { defineEventHandler, HandlerExit } from './handler.js';
export { EventManager } from './ref.js';
