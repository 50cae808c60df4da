import { Worker } from 'node:worker_threads';
import type { StoreErrorCode, StoreFinding } from '../../api/durable/store.js';
import { StoreError } from '../port/index.js';
import { STORE_THREAD } from './thread/index.js';

/** What the thread says of an error. */
interface Told {
  readonly code: StoreErrorCode;
  readonly message: string;
  readonly findings: readonly StoreFinding[];
  readonly cause: { readonly message: string; readonly code?: string; readonly errcode?: number } | undefined;
}

interface Answer {
  readonly value?: unknown;
  readonly error?: Told;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: StoreError): void;
}

/** What SQLite or the operating system said, as an error: its `code` and `errcode` are theirs. */
function causeOf({ message, ...fields }: NonNullable<Told['cause']>): Error {
  return Object.assign(new Error(message), fields);
}

function storeError({ code, message, findings, cause }: Told): StoreError {
  return new StoreError(code, message, findings, cause === undefined ? undefined : { cause: causeOf(cause) });
}

/**
 * A thread of the store, and what was asked of it: answers come in the order of the questions. It
 * keeps the program alive while one is out, and not otherwise.
 */
export class Link {
  private readonly worker: Worker;
  private readonly waiting: Waiting[] = [];
  private ended: StoreError | null = null;
  /** told once the thread is gone, and its locks with it */
  readonly gone: Promise<void>;

  constructor(path: string, data: object) {
    this.worker = new Worker(STORE_THREAD, {
      eval: true, workerData: data, execArgv: [], name: 'castcall store',
    });
    this.gone = new Promise((resolve) => {
      this.worker.on('exit', () => {
        this.end(new StoreError('STORE_FAILED', `${path}: the thread of the store has ended: open the store anew`));
        resolve();
      });
    });
    this.worker.on('message', (answer: Answer) => this.told(answer));
    this.worker.on('messageerror', (error) => this.broken(path, error));
    this.worker.on('error', (error) => this.broken(path, error));
    this.worker.unref();
  }

  ask(request: object, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    if (this.ended !== null) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      this.worker.postMessage(request, transfer);
      if (this.waiting.length === 0) this.worker.ref();
      this.waiting.push({ resolve, reject });
    });
  }

  /** Ends it without a word. */
  async stop(): Promise<void> {
    await this.worker.terminate();
    await this.gone;
  }

  /** Resolved once the thread is gone; holds the program until then. */
  async left(): Promise<void> {
    this.worker.ref();
    await this.gone;
  }

  private told(answer: Answer): void {
    const waiting = this.waiting.shift();
    if (this.waiting.length === 0) this.worker.unref();
    if (answer.error !== undefined) waiting?.reject(storeError(answer.error));
    else waiting?.resolve(answer.value);
  }

  private broken(path: string, cause: unknown): void {
    this.end(new StoreError(
      'STORE_FAILED', `${path}: the thread of the store broke: ${String(cause)}; open the store anew`, [], { cause },
    ));
  }

  private end(error: StoreError): void {
    this.ended ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.ended);
  }
}
