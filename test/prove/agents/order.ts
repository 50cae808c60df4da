/** What a life is to do. */
export interface Order {
  readonly path: string;
  /**
   * fill: messages, one of them poison, that nobody handles yet; poison: handle them;
   * work: send until it is killed; drain: send what is not acknowledged again, and tell what the agents hold
   */
  readonly what: 'fill' | 'poison' | 'work' | 'drain';
  readonly how: 'exit' | 'memory';
  /** the first id that is free */
  readonly base: number;
  /** sent by earlier lives, and not acknowledged as handled */
  readonly again: readonly number[];
}

/** Of the message that kills. */
export const ATTEMPTS_MAX = 3;
/** Messages beside it. */
export const GOOD = 10;
