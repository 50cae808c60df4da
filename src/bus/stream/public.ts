/**
 * Streams: what a reader has, one stream that many read, and one that is opened again when it fails.
 * The door of `castcall/streams`.
 */
export type {
  AgentStream, CollectOptions, SharedStream, SharedStreamStats, ShareOptions, StreamEventOptions, StreamReader,
  StreamReaderOptions, StreamReaderStats,
} from '../../api/bus/stream.js';
export type { RetryStreamOptions, StreamAttempt } from '../../api/guards.js';
export { retryStream } from '../../delivery/guard/index.js';
