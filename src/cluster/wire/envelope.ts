// One message between two processes of two nodes, by fixed positions. Its body stays bytes until the target takes it.
import { FRAME_HEAD_BYTES, NOTE_BYTES_MAX, TEXT_BYTES_MAX } from './limits.js';
import { DAMAGED, Fault, Reader } from './reader.js';
import type { FrameFault } from './frame.js';
import { Writer } from './writer.js';

/** The positions of a message. */
export interface Envelope {
  /** which verb or signal, from 1 */
  readonly kind: number;
  /** the number of a process within its incarnation, or a name */
  readonly to: number | string;
  /** the number of the sending process; 0: outside of all */
  readonly from: number;
  /** of a request, a monitor, a link; 0: none */
  readonly ref: number;
  readonly op: string | null;
  /** bits: lane, urgency */
  readonly flags: number;
  /** ms that are left of its time; none: null */
  readonly expiresInMs: number | null;
  /** of a trace that it belongs to (W3C `traceparent`) */
  readonly trace: string | null;
  /** on whose behalf it was sent */
  readonly provenance: Uint8Array | null;
  readonly body: Uint8Array;
}

const POSITIONS = 10;
const KIND_MAX = 255;
/** What a message is besides its body, at most. */
export const ENVELOPE_BYTES_MAX: number = 3 * TEXT_BYTES_MAX + NOTE_BYTES_MAX + FRAME_HEAD_BYTES;

const writer = new Writer();
const reader = new Reader();

/**
 * The bytes of a message. Time that is over is sent as 0, parts of a ms as a whole one. Throws
 * `NOT_SENDABLE` for what would not be read: a name, an operation, a number, a provenance.
 */
export function encodeEnvelope(message: Envelope): Uint8Array {
  const { to, op, expiresInMs, trace, provenance } = message;
  writer.begin(message.body.length + FRAME_HEAD_BYTES);
  writer.array(POSITIONS);
  writer.uint(message.kind, 'kind', 1, KIND_MAX);
  if (typeof to === 'number') writer.uint(to, 'to');
  else writer.text(to, 'to');
  writer.uint(message.from, 'from');
  writer.uint(message.ref, 'ref');
  if (op === null) writer.none();
  else writer.text(op, 'op');
  writer.uint(message.flags, 'flags');
  if (expiresInMs === null) writer.none();
  else writer.uint(Math.max(0, Math.ceil(expiresInMs)), 'expiresInMs');
  if (trace === null) writer.none();
  else writer.text(trace, 'trace');
  if (provenance === null) writer.none();
  else writer.binary(provenance, 'provenance', NOTE_BYTES_MAX);
  writer.binary(message.body, 'body');
  return writer.end();
}

/** The message, or why it is none; never throws. Its bytes are views of what was given. */
export function decodeEnvelope(bytes: Uint8Array): Envelope | FrameFault {
  try {
    reader.begin(bytes);
    return read(bytes.length);
  } catch (error) {
    if (error instanceof Fault) return error.kind;
    throw error;
  }
}

function read(bytesMax: number): Envelope {
  if (reader.array(POSITIONS) !== POSITIONS) throw DAMAGED;
  const kind = reader.uint();
  if (kind < 1 || kind > KIND_MAX) throw DAMAGED;
  const message: Envelope = {
    kind, to: reader.isText ? reader.text() : reader.uint(), from: reader.uint(), ref: reader.uint(),
    op: reader.none() ? null : reader.text(), flags: reader.uint(),
    expiresInMs: reader.none() ? null : reader.uint(), trace: reader.none() ? null : reader.text(),
    provenance: reader.none() ? null : reader.binary(NOTE_BYTES_MAX), body: reader.binary(bytesMax),
  };
  reader.end();
  return message;
}
