import { CallError } from '../../../base/index.js';
import { isA } from '../../../base/text/index.js';
import { fenced } from '../../../process/record/index.js';
import type { Address, Kernel, Process, RefusedSend } from '../../../process/record/index.js';
import { addressName } from '../../../router/request/index.js';
import type { CallOptions } from '../../../api/agent.js';
import type { Receipt } from '../../../api/delivery.js';
import { deliveriesOf, hostOf, refusedSend, zombieSend, type Host } from '../host.js';
import { Aborted, checkSignal, readCall, readCast, throwIfFired } from '../options.js';
import type { RuntimeDefinition } from '../runtime.js';

/** What a delivery needs of a ref. */
interface Sending {
  readonly addr: Address;
  readonly definition: RuntimeDefinition;
  readonly kernel: Kernel;
  unknown(op: string, verb: 'call' | 'deliver'): CallError;
  explain(error: unknown, op: string, verb?: 'call' | 'deliver'): unknown;
  sent(verb: RefusedSend['verb'], op: string): RefusedSend;
}

/** `deliver` with an explicit sender. Every failure is a rejection. */
export function deliverAs(
  ref: Sending, sender: Process | null, op: string, payload: unknown, options: object | undefined,
): Promise<Receipt> {
  const { definition, kernel } = ref;
  if (sender !== null && fenced(sender)) return zombieSend(kernel, 'deliver', addressName(ref.addr), op);
  try {
    const known = definition.castOp(op) ?? definition.callOp(op);
    if (known === undefined || known.stream) throw ref.unknown(op, 'deliver');
    const checked = known.check === null ? payload : known.check(payload, sender);
    const deliveries = (kernel.host as Host | null)?.deliveries ?? deliveriesOf(kernel);
    const receipt = deliveries.deliver(ref, known, checked, sender, options);
    return kernel.traces === null ? kernel.scheduler.paced(receipt) : kernel.answer(receipt);
  } catch (error) {
    return refused(ref, error, op, 'deliver');
  }
}

/** Throws for options that such a send would be refused for; for those that send later. */
export function checkSend(ref: Sending, verb: 'cast' | 'call' | 'deliver', options: object | undefined): void {
  if (options === undefined && verb !== 'deliver') return;
  const given = options ?? {};
  if (verb === 'cast') readCast(verb, given, () => 0);
  else if (verb === 'call' && (given as CallOptions).guarantee === undefined) readCall(given, () => 0, null);
  else deliveriesOf(ref.kernel).checkOptions(verb, ref, given);
}

/** A call with a guarantee: retried across restarts of the callee. */
export function guaranteedCall(
  ref: Sending, caller: Process | null, op: string, payload: unknown, options: object,
): Promise<unknown> {
  const { definition, kernel } = ref;
  try {
    const known = definition.callOp(op);
    if (known === undefined || known.stream) throw ref.unknown(op, 'call');
    const checked = known.check === null ? payload : known.check(payload, caller);
    throwIfFired(checkSignal('call', (options as CallOptions).signal));
    return kernel.answer(deliveriesOf(kernel).call(ref, known, checked, caller, options));
  } catch (error) {
    kernel.counts.callsFailed++;
    return refused(ref, error, op, 'call');
  }
}

/** What its mailbox has refused is counted there. */
function refused(ref: Sending, error: unknown, op: string, verb: 'call' | 'deliver'): Promise<never> {
  if (!(isA(error, CallError) && BY_MAILBOX.has(error.code))) hostOf(ref.kernel).router.rejected();
  return refusedSend(ref.kernel, ref.sent(verb, op), ref.explain(error, op, verb), isA(error, Aborted));
}

const BY_MAILBOX: ReadonlySet<string> =
  new Set(['MAILBOX_FULL', 'OVERLOADED', 'MAILBOX_CLOSED', 'UNSIZABLE_PAYLOAD', 'PAYLOAD_TOO_LARGE']);
