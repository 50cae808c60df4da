import type { Frame } from '../wire/index.js';

/** Why a session is over. */
export type DownReason = 'silence' | 'lost' | 'unreachable' | 'bye' | 'restarted' | 'protocol' | 'disconnect';

/** Of what was accepted for a node when its session ended. */
export interface Left {
  /** on their way: whether they came is not known */
  readonly unknown: number;
  /** never left, and are given up */
  readonly dropped: number;
}

/** What a node is told of its sessions. For each node `up` and `down` come by turns, messages in between. */
export interface SessionEvents {
  up(node: string, incarnation: string): void;
  down(node: string, incarnation: string, why: DownReason, left: Left): void;
  /** the next message of a node: a view of the frame that it came in */
  message(node: string, bytes: Uint8Array): void;
  /** messages that waited for a session in vain are given up */
  expired(node: string, count: number): void;
  /** One of these functions has thrown, which changed nothing else; may not throw itself. */
  failed(event: Exclude<keyof SessionEvents, 'failed'>, error: unknown): void;
  /** how many messages a node may have on its way to us; the window by default */
  room?(node: string): number;
  /** a frame for others than the session */
  member?(frame: Frame): void;
}

/** What became of a message: `ok` and `parked` are accepted, the others are not. */
export type SendResult = 'ok' | 'parked' | 'refused' | 'full' | 'too-large';
