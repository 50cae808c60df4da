import { CastcallError, OptionError } from '../../base/index.js';
import { isOfThisCopy } from '../../base/text/index.js';
import { checkKeys, checkSend } from '../../behaviour/gen/index.js';
import { Verb } from '../../behaviour/gen/request/index.js';
import type { RefBase } from '../../behaviour/gen/request/index.js';
import type { Process } from '../../process/record/index.js';
import type { ScheduledRun } from '../../api/bus/schedule.js';
import type { Receipt } from '../../api/delivery.js';

/** What is done at each time; what it gives is waited for. */
export type Job = (run: ScheduledRun) => unknown;

const VERBS = ['cast', 'call', 'deliver'] as const;
type SendVerb = (typeof VERBS)[number];
const KEYS = ['to', ...VERBS, 'payload', 'options'];

interface GivenSend extends Readonly<Partial<Record<SendVerb, string>>> {
  readonly to: RefBase;
  readonly payload?: unknown;
  readonly options?: object | undefined;
}

/** A delivery: checked. */
export interface ReadSend {
  readonly to: RefBase;
  readonly op: string;
  readonly payload: unknown;
  readonly options: object | undefined;
}

export interface ReadJob {
  readonly job: Job;
  /** null for a job that is no delivery */
  readonly delivery: ReadSend | null;
}

/** Reads a job; `sender` is the process in whose name it sends, null for the outside. */
export function readJob(where: string, given: unknown, sender: Process | null): ReadJob {
  if (typeof given === 'function') return { job: given as Job, delivery: null };
  if (typeof given !== 'object' || given === null) {
    throw new OptionError(
      `${where} job`, given, 'a function, or { to, cast }, { to, call } or { to, deliver }',
      'write { to: ref, cast: operation, payload }',
    );
  }
  checkKeys(`${where} job`, given, KEYS);
  const send = given as GivenSend;
  const { to } = send;
  if (!isOfThisCopy(to) || typeof to.dispatch !== 'function') {
    throw new OptionError(
      `${where}.to`, to, 'a ref of an agent', 'make it with system.ref(Definition, nameOrPid)',
    );
  }
  const asked = VERBS.filter((verb) => send[verb] !== undefined);
  const verb = asked[0];
  if (verb === undefined || asked.length > 1) {
    throw new OptionError(`${where} job`, asked.join(' and '), 'one of cast, call and deliver');
  }
  checkOperation(to, verb, send);
  const { payload, options, deliver } = send;
  return {
    job: sends[verb](send, sender),
    delivery: deliver === undefined ? null : { to, op: deliver, payload, options },
  };
}

/** What is wrong with the operation, its payload or its options is told when the schedule is made. */
function checkOperation(to: RefBase, verb: SendVerb, send: GivenSend): void {
  const op = send[verb] as string;
  const { definition } = to;
  const known = verb === 'cast' ? definition.castOp(op)
    : verb === 'call' ? definition.callOp(op) : (definition.castOp(op) ?? definition.callOp(op));
  if (known === undefined || known.stream) throw to.unknown(op, verb);
  try {
    if (known.check !== null) known.check(send.payload, undefined);
  } catch (error) {
    throw to.explain(error, op, verb);
  }
  if (send.options === null) throw new OptionError(`${verb} options`, null, 'an object');
  checkSend(to, verb, send.options);
}

const sends: Readonly<Record<SendVerb, (send: GivenSend, sender: Process | null) => Job>> = {
  cast: ({ to, cast = '', payload, options }, sender) => () =>
    to.dispatch(Verb.Cast, sender, cast, payload, options),
  call: ({ to, call = '', payload, options }, sender) => ({ signal }) =>
    to.dispatch(Verb.Call, sender, call, payload, { ...options, signal: both(signal, options) }),
  deliver: ({ to, deliver = '', payload, options }, sender) => async () => {
    const receipt = await to.dispatch(Verb.Deliver, sender, deliver, payload, options) as Receipt;
    const { kind, reason } = await receipt.settled;
    if (kind !== 'handled') {
      throw new CastcallError('NOT_HANDLED', `a scheduled delivery of ${deliver} ended as ${kind}`, { cause: reason });
    }
  },
};

/** The end of the run ends its call, beside the signal that the call was given. */
function both(run: AbortSignal, options: object | undefined): AbortSignal {
  const own = (options as { readonly signal?: AbortSignal } | undefined)?.signal;
  return own === undefined ? run : AbortSignal.any([run, own]);
}
