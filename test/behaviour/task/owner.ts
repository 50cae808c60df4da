import { TaskError, type ProcessSelf, type System, type TaskVerbs } from '../../../src/index.js';
import { listener } from '../../process/peers.js';
import { testSystem, type Recorder } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { rejection } from '../help.js';

export const boom = new Error('boom');

/** A process that keeps everything it is told, on a clock that stands. */
export interface Owner {
  readonly env: VirtualEnv;
  readonly system: System;
  readonly a: ProcessSelf;
  readonly task: TaskVerbs;
  readonly seen: unknown[];
}

export async function owner(
  options: { readonly trap?: boolean; readonly logger?: Recorder } = {},
): Promise<Owner> {
  const env = new VirtualEnv();
  const system = testSystem({ env, ...(options.logger === undefined ? {} : { logger: options.logger }) });
  const { self, seen } = await listener(system, { trap: options.trap ?? false });
  return { env, system, a: self, task: self.task, seen };
}

export const forever = (): Promise<never> => new Promise(() => undefined);

/** The TaskError that a verb rejects with. */
export async function failure(promise: Promise<unknown>): Promise<TaskError> {
  const error = await rejection(promise);
  if (error instanceof TaskError) return error;
  throw error;
}
