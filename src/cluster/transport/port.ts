/** What brings frames to a node; called by a transport, never from within `send`. */
export interface Inbox {
  /** A frame has come: bytes that nobody else has, from whoever could reach this node. */
  frame(bytes: Uint8Array): void;
  /** Positive evidence, of this moment, that nobody listens under that name. */
  unreachable(node: string): void;
}

/**
 * Frames between nodes. It may lose, delay, repeat and reorder them: the session above puts that
 * right. What it may not do is to change them, or to hold the sender up.
 */
export interface Transport {
  /** bytes of the largest frame that it takes */
  readonly frameBytesMax: number;
  readonly register: Register;
  /** Frames for `node` go to `inbox` from now on; once in its life. */
  attach(node: string, inbox: Inbox): void;
  /** Sends a frame, at most once, to whoever is `to` now. Never throws; the bytes are the transport's from then on. */
  send(to: string, frame: Uint8Array): void;
  /** Nothing comes any more, and nothing goes. */
  detach(): void;
}

/** What a key of the register holds. */
export interface Entry {
  readonly value: string;
  /** the fencing token of the write that made it */
  readonly token: number;
}

/** What became of a write: the new token, or what stands in its way; null when the key is free. */
export type Written =
  | { readonly ok: true; readonly token: number }
  | { readonly ok: false; readonly held: Entry | null };

/**
 * One register for all nodes: names and leases. Only a write that succeeds decides who holds a key,
 * never a read. Tokens grow with every write of the register, whatever the key, also after it was
 * removed or has expired: what carries a smaller token than another write of its key is of a holder
 * that was.
 *
 * Each verb rejects with `REGISTER_UNAVAILABLE` when the register cannot be reached; whether it has
 * taken effect is unknown then.
 */
export interface Register {
  /**
   * Sets a key whose token is `after`, 0 for a free one.
   *
   * @param ttlMs after so many ms the key is free again, unless it was written before; 0: never
   */
  write(key: string, value: string, after: number, ttlMs: number): Promise<Written>;
  /** Frees a key whose token this is; false when it has another by now. */
  remove(key: string, token: number): Promise<boolean>;
  /** What was there at some moment since the call; for looking alone. */
  read(key: string): Promise<Entry | null>;
}
