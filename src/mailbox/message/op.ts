import { upcasted } from './upcast.js';

/**
 * What a message is. Kinds below FIRST_SIGNAL are user messages: they are counted, bounded and may become dead
 * letters. The others are the runtime's own: they never wait for room, never count, never displace (design §6).
 */
export const Kind = {
  Cast: 0,
  Call: 1,
  Stream: 2,
  Info: 3,
  /** a cast or info that carries an Extra in its `from` slot */
  Extra: 4,
  Exit: 5,
  Down: 6,
  Timer: 7,
  Continue: 8,
  Idle: 9,
  Stop: 10,
  /** a request of the sys protocol; its payload is the command */
  System: 11,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

const FIRST_SIGNAL = 5;

/** `size < UNBOUNDED` always holds, so that a bound costs one compare. */
export const UNBOUNDED: number = 0x7fff_ffff;

/** Runs the user's code for one operation. */
export type OpRun = (self: never, payload: never) => unknown;

/** The version of today's payloads, and what makes them of older ones. */
export interface Versions {
  readonly version: number;
  readonly upcast: (payload: unknown, from: number) => unknown;
}

/** One operation of a protocol, shared by all its messages: the first of a message's three slots. */
export class Op {
  readonly signal: boolean;
  readonly stream: boolean;
  /** needs the longer road: a concurrent or an async handler */
  readonly slow: boolean;
  /** the handler is an async function, so development builds follow it with an AsyncContext */
  readonly isAsync: boolean;
  /** takes an array of what waits; null for an operation that takes one message at a time */
  many: OpRun | null = null;
  /** most messages of one turn of it */
  collect = 1;
  /** the same operation as it is delivered with a guarantee; made on first use */
  delivered: Op | null = null;
  /** what goes on of it when its message is over already: counted as little as a signal; made on first use */
  private rest: Op | null = null;
  constructor(
    readonly kind: Kind,
    readonly name: string,
    readonly run: OpRun | null,
    /**
     * checks a message at the ref, by its payload and the process that sends it (null is the
     * outside, undefined a payload that nobody sends now): returns the payload (parsed) or throws;
     * null when everybody may send anything
     */
    readonly check: ((payload: unknown, from: unknown) => unknown) | null,
    readonly concurrent: boolean,
    /** whether `run` wraps an async function */
    wrapsAsync: boolean = false,
    /** how its payloads have changed; null for never */
    private readonly versions: Versions | null = null,
  ) {
    this.signal = kind >= FIRST_SIGNAL;
    this.stream = kind === Kind.Stream;
    this.isAsync = wrapsAsync || (run !== null && run.constructor.name === 'AsyncFunction');
    this.slow = concurrent || this.isAsync;
  }

  /** Of the payloads that it takes today, from 1. */
  get version(): number {
    return this.versions === null ? 1 : this.versions.version;
  }

  /**
   * What a message that was written with payloads of `version` carries today: made by the user's function, and
   * checked as a new one. As it is when that version is today's. Throws an UpcastError.
   */
  upcast(payload: unknown, version: number): unknown {
    return version === this.version ? payload : upcasted(this, this.versions, payload, version);
  }

  get remainder(): Op {
    return (this.rest ??= new Op(Kind.Continue, this.name, null, null, false));
  }
}

/**
 * What the `from` slot of an Extra message holds: the real op and sender, and what its sender asked
 * for beyond a plain message.
 */
export class Extra {
  /** what it takes of the bound in bytes; 0 where nobody counts them */
  bytes = 0;
  /** what a later message with the same key finds it by, or null */
  key: string | null = null;
  constructor(
    readonly op: Op,
    /** of the message that is in its place now: coalescing may put another one there */
    public from: unknown,
    /** monotonic ms after which it must not be handled, or -1 (P12) */
    public expiresAt: number,
  ) {}
}

export const INFO: Op = new Op(Kind.Info, 'info', null, null, false);
export const EXTRA: Op = new Op(Kind.Extra, 'extra', null, null, false);
export const EXIT: Op = new Op(Kind.Exit, 'EXIT', null, null, false);
export const DOWN: Op = new Op(Kind.Down, 'DOWN', null, null, false);
export const TIMER: Op = new Op(Kind.Timer, 'timer', null, null, false);
export const CONTINUE: Op = new Op(Kind.Continue, 'continue', null, null, false);
export const IDLE: Op = new Op(Kind.Idle, 'timeout', null, null, false);
export const STOP: Op = new Op(Kind.Stop, 'stop', null, null, false);

/**
 * Priority messages that their receiver has opted in to (PM-01): queued in the critical lane, and
 * put before what selective receive has passed over. Handlers cannot tell them from ordinary ones
 * (PM-07).
 */
export const URGENT_INFO: Op = new Op(Kind.Info, 'info', null, null, false);
export const URGENT_EXIT: Op = new Op(Kind.Exit, 'EXIT', null, null, false);
export const URGENT_DOWN: Op = new Op(Kind.Down, 'DOWN', null, null, false);

export function isUrgent(op: Op): boolean {
  return op === URGENT_INFO || op === URGENT_EXIT || op === URGENT_DOWN;
}
