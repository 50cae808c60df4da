import {
  fieldsToldOf, HIDDEN, isError, jsonOf, loggedAs, otherCopy, printable, printableLogged,
} from './text/index.js';

/**
 * The base of every error that castcall raises: a stable `code`, typed fields, and `cause`.
 *
 * @example
 * const error = new CastcallError('BAD_OPTION', 'capacity must be at least 1');
 * error.code // => 'BAD_OPTION'
 * @since 0.1.0
 */
export class CastcallError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }

  /**
   * @internal whether a process that lets it out ends in order: nothing crashed, something was shut
   * down (GS-14)
   */
  get orderly(): boolean {
    return false;
  }

  /** JSON shows name, message, code and the fields, and errors among them likewise. */
  toJSON(): unknown {
    return jsonOf(this);
  }

  /** @internal Its message as a log may show it: without values that may be secret. */
  logged(): string {
    return this.message;
  }
}

loggedAs(CastcallError, (error) => error.logged());
fieldsToldOf(CastcallError);

/**
 * Bad input: an option, argument or name that breaks its rule. The message names the value, the
 * rule and the fix.
 *
 * @example
 * const error = new OptionError('capacity', 0, 'a whole number of messages from 1', 'leave it out for an unbounded mailbox');
 * error.message // => 'capacity: got 0, expected a whole number of messages from 1; leave it out for an unbounded mailbox'
 * @since 0.1.0
 */
export class OptionError extends CastcallError {
  readonly #fix: string | undefined;
  constructor(
    readonly option: string,
    readonly value: unknown,
    readonly rule: string,
    fix?: string,
    code: string = 'BAD_OPTION',
  ) {
    const told = otherCopy(value) ?? fix;
    super(code, wrong(
      option, typeof value === 'string' ? `'${printable(value)}'` : printable(value), rule, told,
    ));
    this.#fix = told;
    // A console shows all own properties of an error: a large one would bury the message.
    if (typeof value === 'object' || typeof value === 'function') {
      Object.defineProperty(this, 'value', { enumerable: false });
    }
  }

  /** @internal */
  override logged(): string {
    const { option, value, rule } = this;
    return wrong(
      option, typeof value === 'string' || typeof value === 'object' ? HIDDEN : printable(value),
      rule, this.#fix,
    );
  }
}

function wrong(option: string, got: string, rule: string, fix: string | undefined): string {
  return `${option}: got ${got}, expected ${rule}${fix === undefined ? '' : `; ${fix}`}`;
}

/**
 * A start that failed: `reason` is what `init` threw or stopped with, or `{ alreadyStarted: pid }`
 * for a taken name.
 *
 * @example
 * const error = new StartError('Account', new Error('no opening balance'));
 * error.code // => 'START_FAILED'
 * @since 0.1.0
 */
export class StartError extends CastcallError {
  constructor(
    readonly what: string,
    readonly reason: unknown,
  ) {
    super('START_FAILED', `start of ${what} failed: ${printable(reason)}`, { cause: reason });
  }

  /** @internal */
  override logged(): string {
    return `start of ${this.what} failed: ${printableLogged(this.reason)}`;
  }
}

/** The stable codes of a {@link CallError}. */
export type CallErrorCode =
  | 'NOPROC'
  | 'ACTIVATION_FAILED'
  | 'TIMEOUT'
  | 'EXIT'
  | 'CALLING_SELF'
  | 'CALL_CYCLE'
  | 'REFUSED'
  | 'MAILBOX_FULL'
  | 'OVERLOADED'
  | 'MAILBOX_CLOSED'
  | 'UNSIZABLE_PAYLOAD'
  | 'PAYLOAD_TOO_LARGE'
  | 'EVICTED'
  | 'CANCELLED'
  | 'UNKNOWN_OPERATION'
  | 'PROTOCOL_MISMATCH'
  | 'INVALID_PAYLOAD'
  | 'FORBIDDEN'
  | 'EXPIRED'
  | 'KEY_CONFLICT'
  | 'REPLY_GONE'
  | 'WINDOW_FULL'
  | 'ABORTED'
  | 'REPLY_FAILED'
  | 'CALLBACK_FAILED'
  | 'UNKNOWN_SYSTEM_MSG'
  | 'NO_SYS'
  | 'UNKNOWN'
  | 'ZOMBIE';

/** What a {@link CallError} says about the request that failed. */
export interface CallErrorFields {
  /** pid or name that was called */
  readonly target: string;
  readonly op: string;
  /** the verb that failed, default `call` */
  readonly verb?: 'call' | 'put' | 'cast' | 'deliver' | 'stream' | 'sendAfter';
  /**
   * the callee's exit reason, for `EXIT` and `NOPROC`; the signal's reason, for `ABORTED`; what was thrown, for
   * `REPLY_FAILED`
   */
  readonly reason?: unknown;
  readonly timeoutMs?: number;
  /** names, else pids, along the cycle, for `CALL_CYCLE` */
  readonly path?: readonly string[];
  /** the code given to `refuse`, for `REFUSED` */
  readonly refusal?: string;
  readonly details?: unknown;
  /** which verbs that operation takes, for `UNKNOWN_OPERATION` */
  readonly takes?: string | undefined;
  readonly cause?: unknown;
  /** whether who lets it out ends in order; by default for `EXIT` with the reason `shutdown` */
  readonly orderly?: boolean;
  /** the whole system has stopped, for `NOPROC` */
  readonly stopped?: boolean;
  /** of the mailbox that refused, as text */
  readonly bound?: string | undefined;
}

/**
 * A request that failed: the code says how, the fields say which. `EXIT` carries the callee's exit reason
 * (as in OTP), `NOPROC` the unknown or dead, `REFUSED` the callee's own `refuse`. A process that lets out the
 * failure of a call whose callee ended with `shutdown` ends in order itself, with `{ shutdown: error }`.
 * Expected failures carry no stack unless the system captures call stacks.
 *
 * @example
 * const error = new CallError('TIMEOUT', { target: 'alice', op: 'withdraw', timeoutMs: 1_000 });
 * error.message // => "call 'withdraw' to alice: no reply within 1000 ms; whether it was handled is unknown"
 * @since 0.1.0
 */
export class CallError extends CastcallError {
  declare readonly code: CallErrorCode;
  readonly target: string;
  readonly op: string;
  readonly reason: unknown;
  readonly path: readonly string[] | undefined;
  readonly refusal: string | undefined;
  readonly details: unknown;
  readonly #fields: CallErrorFields;
  constructor(code: CallErrorCode, fields: CallErrorFields) {
    super(code, callText(code, fields, printable), causeOf(fields));
    this.#fields = fields;
    this.target = fields.target;
    this.op = fields.op;
    this.reason = fields.reason;
    this.path = fields.path;
    this.refusal = fields.refusal;
    this.details = fields.details;
  }

  /** @internal */
  override get orderly(): boolean {
    const { orderly, reason } = this.#fields;
    return orderly ?? (this.code === 'EXIT' && reason === 'shutdown');
  }

  /** @internal */
  override logged(): string {
    const { code, details } = this;
    return callText(
      code, {
        ...this.#fields,
        details: details === undefined || code === 'UNKNOWN_OPERATION' ? details : HIDDEN,
      },
      printableLogged,
    );
  }
}

function callText(code: CallErrorCode, fields: CallErrorFields, show: (value: unknown) => string): string {
  return `${fields.verb ?? 'call'} '${fields.op}' to ${fields.target}: ${sentence(code, fields, show)}`;
}

function causeOf(fields: CallErrorFields): { cause?: unknown } | undefined {
  const cause = fields.cause ?? (isError(fields.reason) ? fields.reason : undefined);
  return cause === undefined ? undefined : { cause };
}

function sentence(code: CallErrorCode, fields: CallErrorFields, show: (value: unknown) => string): string {
  switch (code) {
    case 'NOPROC': return fields.stopped === true
      ? 'noproc: the system has stopped'
      : `noproc: nobody lives there${fields.reason === undefined || fields.reason === 'noproc'
        ? ''
        : ` (${show(fields.reason)})`}${looksLikePid(fields.target)
        ? '; that pid has ended, or is of another system or run: a ref by name reaches the next owner, too'
        : ''}`;
    case 'ACTIVATION_FAILED': return `nobody could be started there: ${show(fields.reason)}; ${
      fields.details === undefined ? 'send it again' : `the next try is due in ${show(fields.details)} ms`}`;
    case 'TIMEOUT': return fields.verb === 'put'
      ? `no room in its mailbox within ${String(fields.timeoutMs)} ms; it was not queued`
      : fields.verb === 'deliver'
      ? `not accepted within ${String(fields.timeoutMs)} ms; whether it will be handled is unknown`
      : `no reply within ${String(fields.timeoutMs)} ms; whether it was handled is unknown`;
    case 'EXIT': return `the callee ended: ${show(fields.reason)}`;
    case 'CALLING_SELF': return fields.verb === 'put'
      ? 'calling_self: a process cannot wait for room in its own mailbox; use cast'
      : 'calling_self: a process cannot wait for its own reply; use cast, continue or a plain function';
    case 'CALL_CYCLE': return `would wait for itself: ${(fields.path ?? []).join(
      ' -> ',
    )}; reply later (noreply) or cast on one edge`;
    case 'REFUSED': return `refused: ${String(fields.refusal)}${fields.details === undefined
      ? ''
      : ` ${show(fields.details)}`}`;
    case 'MAILBOX_FULL': return `its mailbox is full${fields.bound === undefined
      ? ''
      : ` (${fields.bound})`}; send less, wait for room (put, or the policy 'suspend'), or raise the bound`;
    case 'OVERLOADED': return `the program is near its memory ceiling${fields.bound === undefined
      ? ''
      : ` (${fields.bound})`}: messages of this lane are refused until there is room; send less, bound mailboxes, or raise memory.ceilingBytes`;
    case 'MAILBOX_CLOSED':
      return 'its mailbox is closed: what was queued before is handled, nothing more is taken';
    case 'UNSIZABLE_PAYLOAD':
      return 'its mailbox is bounded in bytes, and nobody can tell those of this payload; give it a sizeOf that returns a whole number from 0, or send a text or bytes';
    case 'PAYLOAD_TOO_LARGE': return `the payload is larger than its whole mailbox may be (${fields.bound
      ?? 'capacityBytes'}); send it in parts, or raise the bound`;
    case 'EVICTED': return 'evicted from a full mailbox before it was handled';
    case 'CANCELLED': return 'its sender has cancelled it (receipt.cancel) before a handler began';
    case 'UNKNOWN_OPERATION': return fields.takes ?? `unknown operation${knownText(fields, show)}`;
    case 'PROTOCOL_MISMATCH': return 'the owner of that name has another definition';
    case 'INVALID_PAYLOAD': return `payload does not fit its schema: ${show(fields.details)}`;
    case 'FORBIDDEN': return `forbidden: ${String(fields.details)}`;
    case 'KEY_CONFLICT': return `the key ${show(
      fields.details,
    )} belongs to another message; a key names one operation and payload`;
    case 'REPLY_GONE':
      return `a message with its key was ${fields.refusal ?? 'handled'} before, and what it was answered is no longer kept (delivery.dedupe.replyBytesMax); it was not handled again`;
    case 'WINDOW_FULL':
      return 'too many later messages of this sender were handled while an earlier one is not over; send more once that has ended';
    case 'EXPIRED': return 'expired before it was handled';
    case 'ABORTED': return `its signal has fired: ${show(fields.reason)}`;
    case 'REPLY_FAILED': return `what it was answered with, or its schema, has failed: ${show(fields.reason)}`;
    case 'CALLBACK_FAILED': return `callback_failed: ${show(fields.reason)}; nothing was changed`;
    case 'UNKNOWN_SYSTEM_MSG': return `unknown_system_msg: ${String(fields.details)}`;
    case 'NO_SYS': return 'it takes no part in the sys protocol; a plain process joins with self.joinSys(…)';
    case 'UNKNOWN': return `whether it has taken effect is unknown${fields.reason === undefined
      ? ''
      : `: ${show(fields.reason)}`}; send it again with the same key, or look`;
    case 'ZOMBIE': return 'the caller has already ended';
  }
}

/** Whether a text is made as pids are: `system.nonce.number`, the nonce six characters. */
export function looksLikePid(text: string): boolean {
  return /^.+\.[2-9a-hjkmnp-z]{6}\.[1-9]\d*$/.test(text);
}

/** Builds an expected error without the cost of a stack trace (about 2 µs), unless `stacks` is wanted. */
export function callError(code: CallErrorCode, fields: CallErrorFields, stacks: boolean = false): CallError {
  return stacks ? new CallError(code, fields) : unstacked(() => new CallError(code, fields));
}

/** What `make` makes, without frames: where an expected error is made says nothing about who asked for it. */
export function unstacked<E extends Error>(make: () => E): E {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** The operations that there are, the one that was probably meant first. */
function knownText({ op, details }: CallErrorFields, show: (value: unknown) => string): string {
  if (details === undefined) return '';
  const near = typeof details === 'string' ? nearest(op, details.split(', ')) : undefined;
  return `; ${near === undefined ? '' : `did you mean ${show(near)}? `}known: ${show(details)}`;
}

/**
 * The word that was probably meant: but for its case the same, longer or shorter by an end, or a
 * few letters away.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const given = word.toLowerCase();
  let best: string | undefined;
  let least = Infinity;
  for (const one of known) {
    const other = one.toLowerCase();
    const extends_ = given.length >= 3
      && (other.startsWith(given) || (other.length >= 3 && given.startsWith(other)));
    const edits = extends_ ? 1 : editsBetween(given, other);
    if (edits >= least || edits > Math.max(given.length < 3 ? 0 : 1, Math.floor(given.length / 3))) continue;
    best = one;
    least = edits;
  }
  return best;
}

/** Letters to insert, remove, replace, or swap with their neighbour. */
function editsBetween(a: string, b: string): number {
  if (a.length > NEAREST_MAX || b.length > NEAREST_MAX) return a === b ? 0 : Infinity;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (before[j - 2] as number) + 1);
      }
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length] as number;
}

/** Longer words are compared as a whole only: a key comes from outside. */
const NEAREST_MAX = 64;
