/** Calls in flight, cycles, put, abort signals. */
export { findCycle } from './cycle.js';
export { PlainRedelivery } from './plain-redelivery.js';
export { put, type PutOptions } from './put.js';
export { Request, RequestExtra, type Stopping } from './base.js';
export {
  type CallRequest, request, type RequestOptions, requestWith, sendRequest, SentRequest, systemRequest,
} from './request.js';
export { senderOf, addressName } from './title.js';
export { type Abortable, unwatch, type Watched, watchSignal } from './watch.js';
