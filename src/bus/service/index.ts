/** Services: requests that wait for workers; invokes; the protocol. */
export { defineService } from './definition.js';
export { ServiceError } from './error.js';
export { invoke } from './invoke.js';
export { encodeMessage, parseMessage } from './protocol.js';
export { ServiceImpl } from './service.js';
export { Services } from './services.js';
