/** What a verb of the bus fails with. */
export type BusErrorCode =
  | 'TOPIC_FULL' | 'SLOW_READER' | 'QUEUE_FULL' | 'QUEUE_CLOSED' | 'LEASE_LOST' | 'TIMEOUT' | 'INVALID_PAYLOAD'
  | 'GATHER_FAILED' | 'CANCELLED' | 'ZOMBIE' | 'SYSTEM_STOPPED';
