/** The version of frames; a frame of another one is told apart by its first two bytes, in all versions. */
export const VERSION = 1;
/** Bytes of a name, an operation, an incarnation. */
export const TEXT_BYTES_MAX = 1_024;
/** Messages in one frame. */
export const FRAME_MESSAGES_MAX = 4_096;
/** What a frame is besides its messages, at most: three texts and its numbers. */
export const FRAME_HEAD_BYTES = 256;
/** Bytes of what others than the session put into a frame. */
export const NOTE_BYTES_MAX = 4_096;
/** What a message costs in a frame beside its bytes. */
export const MESSAGE_HEAD_BYTES = 9;
