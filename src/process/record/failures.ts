import { CallError, CastcallError, OptionError } from '../../base/index.js';
import { isA } from '../../base/text/index.js';

/** So many kinds of mistakes are logged, of one system; an operation's name may be anything. */
const MISTAKES_MAX = 256;

/** What a sender got wrong, whatever the world is like. */
const MISTAKES: ReadonlySet<string> = new Set(['UNKNOWN_OPERATION', 'INVALID_PAYLOAD']);

/** A send that was refused before it was queued. */
export interface RefusedSend {
  readonly verb: 'call' | 'put' | 'deliver';
  /** name of the definition */
  readonly definition: string;
  readonly target: string;
  readonly op: string;
}

/** The same of a publish: the topic is its definition and its target. */
export interface RefusedPublish extends Omit<RefusedSend, 'verb'> {
  readonly verb: 'publish';
}

/**
 * What calls, puts, deliveries and publishes have rejected with, by code: those promises are marked as
 * handled, so that one that nobody looks at would leave no trace. Costs a look into a map per
 * failure, nothing per success.
 */
export class Failures {
  private readonly counts = new Map<string, number>();
  private readonly told = new Set<string>();
  constructor(private readonly warn: (text: string, fields: Readonly<Record<string, unknown>>) => void) {}

  count(code: string): void {
    this.counts.set(code, (this.counts.get(code) ?? 0) + 1);
  }

  /** One that a promise rejects with; `aborted` says that it is the reason of a signal. */
  failed(error: unknown, aborted: boolean): void {
    this.count(aborted ? 'ABORTED' : codeOf(error));
  }

  /** One that was refused at the ref: a mistake of the sender is logged as well, once of its kind. */
  refused(send: RefusedSend | RefusedPublish, error: unknown, aborted: boolean): void {
    if (send.verb === 'publish' && !aborted && isA(error, CastcallError)) this.count(error.code);
    else this.failed(error, aborted);
    if (aborted || !isMistake(error)) return;
    const { verb, definition, target, op } = send;
    const kind = `${verb} ${definition} ${op} ${error.code} ${isA(error, OptionError) ? error.option : ''}`;
    if (this.told.has(kind) || this.told.size === MISTAKES_MAX) return;
    this.told.add(kind);
    this.warn(`a ${verb} was refused${verb === 'publish' ? '' : ' at the ref'}`, { target, op, error });
  }

  /** By code, in the order of their first failures. */
  table(): Record<string, number> {
    return Object.fromEntries(this.counts);
  }
}

/** As `tryCall` tells it. */
function codeOf(error: unknown): string {
  return isA(error, CallError) || isA(error, OptionError) ? error.code : 'REPLY_FAILED';
}

function isMistake(error: unknown): error is CastcallError {
  return isA(error, OptionError) || (isA(error, CastcallError) && MISTAKES.has(error.code));
}
