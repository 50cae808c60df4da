import { OptionError, timeoutMs } from '../../base/index.js';
import { checkArgs, checkKeys, checkSignal, runtimeOf } from '../../behaviour/gen/index.js';
import { unknownOperation } from '../../behaviour/gen/request/index.js';
import { agentSpec, readChild } from '../spec/index.js';
import type { ChildSpec } from '../spec/index.js';
import type { LaunchOptions } from '../../api/tasks.js';
import type { AnyDefinition } from '../../api/protocol.js';

const KEYS = ['op', 'payload', 'args', 'name', 'shutdown', 'timeoutMs', 'signal'];

/** A launch as it was asked for; what is in it has not been looked at. */
export interface GivenJob extends LaunchOptions {
  readonly op: string;
  readonly payload?: unknown;
  readonly args?: readonly unknown[] | undefined;
}

/** A checked launch. */
export interface ReadJob {
  readonly spec: ChildSpec;
  readonly op: string;
  readonly payload: unknown;
  /** -1 for no limit */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Throws for what breaks its rule, also for what the operation does not take. */
export function readJob(given: AnyDefinition, job: GivenJob): ReadJob {
  const definition = runtimeOf(given);
  checkKeys('launch', job, KEYS);
  const { op, payload, args = [], name, shutdown } = job;
  if (!Array.isArray(args)) {
    throw new OptionError(
      'launch.args', args, 'an array of init arguments', 'launch(Definition, { op, args: [first, …] })',
    );
  }
  checkArgs('launch.args', args, definition);
  const options = readChild('launch', { restart: 'temporary', shutdown, name: name ?? false });
  const known = definition.callOp(op);
  if (known === undefined || known.stream) throw unknownOperation(definition, definition.name, op, 'call');
  known.check?.(payload, undefined);
  return {
    spec: agentSpec('launch', '', given, args, options), op, payload,
    timeoutMs: timeoutMs('launch.timeoutMs', job.timeoutMs, -1),
    signal: checkSignal('launch', job.signal),
  };
}
