/** Streams: what a reader has, and one stream that many read. The door of `castcall/streams`. */
export type {
  AgentStream, CollectOptions, SharedStream, SharedStreamStats, ShareOptions, StreamEventOptions, StreamReader,
  StreamReaderOptions, StreamReaderStats,
} from '../../api/bus/stream.js';
