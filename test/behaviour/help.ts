import { CallError, StartError } from '../../src/index.js';

/** A promise and its two functions. */
export class Gate<T = void> {
  readonly promise: Promise<T>;
  open!: (value: T) => void;
  fail!: (error: unknown) => void;
  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.open = resolve;
      this.fail = reject;
    });
    this.promise.catch(() => undefined);
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What a promise rejects with; fails the test when it does not. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}

export async function callFailure(promise: PromiseLike<unknown>): Promise<CallError> {
  const error = await rejection(promise);
  if (error instanceof CallError) return error;
  throw new Error(`expected a CallError, got ${String(error)}`);
}

/** The reason that a start fails with, thrown or rejected. */
export async function startFailure(start: () => unknown): Promise<unknown> {
  try {
    await start();
  } catch (error) {
    if (error instanceof StartError) return error.reason;
    throw error;
  }
  throw new Error('expected the start to fail');
}

/** Waits until `check` holds, at most a second. */
export async function until(check: () => boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (check()) return;
    await sleep(2);
  }
  throw new Error(`never became true: ${String(check)}`);
}
