/** Frames between nodes, the messages in them, and their payloads: to bytes and back. */
export { decodeEnvelope, encodeEnvelope, type Envelope, ENVELOPE_BYTES_MAX } from './envelope.js';
export { decodeFrame, encodeFrame, type Frame, type FrameFault, type FrameKind, Kind } from './frame.js';
export {
  FRAME_HEAD_BYTES, FRAME_MESSAGES_MAX, MESSAGE_HEAD_BYTES, NOTE_BYTES_MAX, VERSION,
} from './limits.js';
export { isNodeName, nodeName } from './names.js';
export { packPayload, unpackPayload } from './payload.js';
