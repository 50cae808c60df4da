// One frame is what one turn of the event loop has for a peer: CBOR, an array of fixed positions. The messages in it
// stay bytes.
import {
  FRAME_HEAD_BYTES, FRAME_MESSAGES_MAX, MESSAGE_HEAD_BYTES, NOTE_BYTES_MAX, VERSION,
} from './limits.js';
import { DAMAGED, Fault, OTHER_VERSION, Reader } from './reader.js';
import { Writer } from './writer.js';

/** What a frame is for. */
export const Kind = { Hello: 1, Welcome: 2, Data: 3, Bye: 4, Member: 5 } as const;
export type FrameKind = (typeof Kind)[keyof typeof Kind];

/** The positions of a frame, after its version. */
export interface Frame {
  readonly kind: FrameKind;
  /** the names of both nodes, and the incarnation of the sender */
  readonly from: string;
  readonly incarnation: string;
  readonly to: string;
  /** what each end calls their session; 0: it has none, or does not know */
  readonly mine: number;
  readonly yours: number;
  /** the sequence number of the first message, from 1 */
  readonly first: number;
  /** all up to this one have come */
  readonly ack: number;
  /** the other end may send up to this one */
  readonly limit: number;
  /** what others than the session have to say; none: null */
  readonly note: Uint8Array | null;
  /** views of the frame */
  readonly messages: readonly Uint8Array[];
}

/** Why bytes are no frame for us. */
export type FrameFault = Fault['kind'];

const POSITIONS = 12;
const writer = new Writer();
const reader = new Reader();

/** The bytes of a frame, which nobody else has. Throws `NOT_SENDABLE` for what would not be read as one. */
export function encodeFrame(frame: Frame): Uint8Array {
  const { messages, note } = frame;
  let size = FRAME_HEAD_BYTES + (note?.length ?? 0);
  for (const message of messages) size += message.length + MESSAGE_HEAD_BYTES;
  writer.begin(size);
  writer.array(POSITIONS);
  writer.uint(VERSION, 'version');
  writer.uint(frame.kind, 'kind', Kind.Hello, Kind.Member);
  writer.text(frame.from, 'node');
  writer.text(frame.incarnation, 'incarnation');
  writer.text(frame.to, 'node');
  writer.uint(frame.mine, 'mine');
  writer.uint(frame.yours, 'yours');
  writer.uint(frame.first, 'first');
  writer.uint(frame.ack, 'ack');
  writer.uint(frame.limit, 'limit');
  if (note === null) writer.none();
  else writer.binary(note, 'note', NOTE_BYTES_MAX);
  writer.array(messages.length);
  for (const message of messages) writer.binary(message, 'message');
  return writer.end();
}

/** The frame, or why it is none; never throws, and makes nothing for a length that lies. */
export function decodeFrame(bytes: Uint8Array, bytesMax: number): Frame | FrameFault {
  if (bytes.length > bytesMax) return 'limit';
  try {
    reader.begin(bytes);
    return readFrame(bytes.length);
  } catch (error) {
    if (error instanceof Fault) return error.kind;
    throw error;
  }
}

function readFrame(bytesMax: number): Frame {
  const positions = reader.array(Infinity);
  if (reader.uint() !== VERSION) throw OTHER_VERSION;
  if (positions !== POSITIONS) throw DAMAGED;
  const kind = reader.uint();
  if (kind < Kind.Hello || kind > Kind.Member) throw DAMAGED;
  const frame: Frame = {
    kind: kind as FrameKind, from: reader.text(), incarnation: reader.text(), to: reader.text(),
    mine: reader.uint(), yours: reader.uint(), first: reader.uint(), ack: reader.uint(), limit: reader.uint(),
    note: reader.none() ? null : reader.binary(NOTE_BYTES_MAX), messages: [],
  };
  const messages = frame.messages as Uint8Array[];
  for (let left = reader.array(FRAME_MESSAGES_MAX); left > 0; left--) messages.push(reader.binary(bytesMax));
  reader.end();
  return frame;
}
