/** Requests, streams, multi-calls. */
export { AgentStreamImpl } from './agent-stream.js';
export { callFailure, isAbort } from './call-result.js';
export { HandlePlaceImpl } from './handle.js';
export { abcast, multiCall } from './multi.js';
export { RefBase } from './ref-base.js';
export { RequestAnswer } from './request-id.js';
export { type Items, type Puller, Source } from './source.js';
export { StreamSlot } from './stream.js';
export { unknownOperation } from './unknown.js';
export { type Gives, type Listener, Verb } from './verb.js';
export { ViaRefImpl } from './via-ref.js';
