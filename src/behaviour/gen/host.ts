import { callError, CastcallError, handled, OptionError } from '../../base/index.js';
import type { CallError, CallErrorCode, CallErrorFields } from '../../base/index.js';
import type { Address, Kernel, Process, RefusedSend } from '../../process/record/index.js';
import type { Router } from '../../router/index.js';
import type { AnyDefinition } from '../../api/protocol.js';
import { type Target, Via } from '../../api/address.js';
import type { ProcessRef, ProcessSelf, ProcessVerbs } from '../../api/agent.js';
import type { MonitorOptions, ProcessSpawnOptions } from '../../api/process.js';
import type { TaskVerbs } from '../../api/tasks.js';
import type { Deliveries } from './outward/port.js';
import type { Durables } from './outward/durables.js';

/**
 * What the verbs of a self and of a ref need of their system, filled when the system is made (the kernel's port
 * `host`).
 */
export interface Host {
  readonly kernel: Kernel;
  readonly router: Router;
  /** verbs that layers above add to every self, by name (port); an unfilled one is a coded error */
  readonly extensions: Map<string, Extension>;
  /** a ref of one incarnation, without a sender */
  refTo(p: Process, definition: unknown): unknown;
  /** starts an agent; returns its ref, or the promise of it when init is asynchronous */
  start(parent: Process | null, definition: AnyDefinition, args: readonly unknown[]): unknown;
  /** the same, not linked and with a monitor of the parent's on it (GS-08) */
  startMonitored(parent: Process, definition: AnyDefinition, args: readonly unknown[]): unknown;
  /** the verbs of tasks, of a process or of the outside */
  tasks(p: Process | null): TaskVerbs;
  /** guaranteed delivery (port) */
  deliveries: Deliveries | null;
  /** what makes agents durable (port); null without a store */
  durables: Durables | null;
  spawn(
    parent: Process | null, body: (self: ProcessSelf) => unknown, linked: boolean, options?: SpawnOptions,
  ): ProcessRef;
}

/** Makes the verbs for one process and its self; for the outside both are null. */
export type Extension = (p: Process | null, self: { readonly signal: AbortSignal } | null) => unknown;

/** Options of a spawn as the host takes them: checked. */
export interface SpawnOptions extends ProcessSpawnOptions {
  readonly monitor?: boolean | MonitorOptions | undefined;
}

export function hostOf(kernel: Kernel): Host {
  if (kernel.host === null) {
    throw new CastcallError('PORT_UNFILLED', 'this kernel has no host: make it with createSystem');
  }
  return kernel.host as Host;
}

/** The port of guaranteed delivery, filled by the system. */
export function deliveriesOf(kernel: Kernel): Deliveries {
  const { deliveries } = hostOf(kernel);
  if (deliveries === null) {
    throw new CastcallError(
      'PORT_UNFILLED', 'this system has no guaranteed delivery: make it with createSystem',
    );
  }
  return deliveries;
}

/** Something that holds an address: a ref. */
export interface Addressed {
  readonly addr: Address;
}

/** Resolves what users pass as a target; names are resolved again at every use. */
export function addressOf(host: Host, to: Target): Address {
  if (typeof to === 'string' || to instanceof Via) return host.router.address(to);
  const addr = (to as Partial<Addressed> | null)?.addr;
  if (addr !== undefined) return addr;
  const pid = (to as { pid?: unknown } | null)?.pid;
  if (typeof pid === 'string') return host.router.address(pid);
  throw new OptionError(
    'target', to, 'a ref, a pid or a registered name', 'pass system.ref(Definition, name), ref.pid or the name',
  );
}

/** A rejected promise that nobody has to look at. */
export function rejected(
  kernel: Kernel, code: CallErrorCode, target: string, op: string, fields: Partial<CallErrorFields> = {},
): Promise<never> {
  return rejectedWith(kernel, callError(code, { target, op, ...fields }));
}

/** The rejection of a call, a put or a delivery, counted by its code; a mistake of its sender is logged. */
export function refusedSend(
  kernel: Kernel, send: RefusedSend, error: unknown, aborted: boolean,
): Promise<never> {
  kernel.failures.refused(send, error, aborted);
  return rejectedWith(kernel, error);
}

/** Nobody lives at `target`. */
export function noproc(kernel: Kernel, verb: RefusedSend['verb'], target: string, op: string): CallError {
  return callError('NOPROC', { target, op, verb, reason: 'noproc', stopped: kernel.closed });
}

/** A send in the name of a process that has ended. */
export function zombieSend(
  kernel: Kernel, verb: RefusedSend['verb'], target: string, op: string,
): Promise<never> {
  kernel.failures.count('ZOMBIE');
  return rejected(kernel, 'ZOMBIE', target, op, { verb });
}

/** The same with any error. */
export function rejectedWith(kernel: Kernel, error: unknown): Promise<never> {
  return kernel.answer(handled(Promise.reject<never>(error)));
}

/** The process that a self belongs to. */
export function processOf(self: ProcessVerbs): Process {
  return (self as ProcessVerbs & { readonly p: Process }).p;
}
