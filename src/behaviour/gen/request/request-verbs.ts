import {
  CastcallError, markHandled, msUntil, OptionError, timeoutMs,
} from '../../../base/index.js';
import { CallSlot, fenced, trackCall, untrackCall } from '../../../process/record/index.js';
import type { Kernel, Process } from '../../../process/record/index.js';
import type { Sends } from '../../../api/agent.js';
import type {
  AnyDefinition, CallEntryOf, CallName, ReplyOf, VerbArgs,
} from '../../../api/protocol.js';
import type {
  CollectionWait, LabelledResponse, RequestCollection, RequestId, RequestVerbs, Response, ResponseWait,
} from '../../../api/requests.js';
import { CALL_TIMEOUT_MS, checkKeys } from '../options.js';
import type { RefBase } from './ref-base.js';
import { Verb } from './verb.js';
import { RequestIdImpl, type ResponseListener } from './request-id.js';

/** The run-time side of RequestCollection. */
export class RequestCollectionImpl<L> implements RequestCollection<L> {
  readonly labels: Map<RequestIdImpl, L> = new Map();
  constructor(readonly p: Process) {}

  get size(): number {
    return this.labels.size;
  }

  add(request: RequestIdImpl, label: L): void {
    if (!(request instanceof RequestIdImpl)) {
      throw new OptionError('collection.add', request, 'a request', 'pass what self.requests.send returned');
    }
    if (this.labels.has(request)) {
      throw new OptionError(
        'collection.add', request.op, 'a request that is not in it yet', 'add each request once',
        'DUPLICATE_REQUEST',
      );
    }
    this.labels.set(request, label);
  }

  toList(): (readonly [RequestIdImpl, L])[] {
    return [...this.labels];
  }
}

/**
 * One wait for the first response of some requests. Among the owner's requests, so that it goes
 * when the owner ends.
 */
class Wait extends CallSlot implements ResponseListener {
  settled = false;
  constructor(
    owner: Process,
    private readonly requests: readonly RequestIdImpl[],
    private readonly done: (request: RequestIdImpl | null) => void,
  ) {
    super(owner, owner);
    for (const request of requests) request.listen(this);
  }

  /** the requests that it waits for are edges themselves */
  override get blocks(): boolean {
    return false;
  }

  begin(limitMs: number): void {
    trackCall(this.callee, this);
    if (limitMs >= 0) this.callee.kernel.deadlines.add(this, limitMs);
  }

  answered(request: RequestIdImpl): void {
    this.close();
    this.done(request);
  }

  expire(): void {
    this.close();
    this.done(null);
  }

  calleeEnded(): void {
    // it is its own callee
  }

  callerEnded(): void {
    this.close();
  }

  private close(): void {
    if (this.settled) return;
    this.settled = true;
    for (const request of this.requests) if (request.listener === this) request.listen(null);
    if (this.entry !== null) this.callee.kernel.deadlines.remove(this);
    untrackCall(this.callee, this);
  }
}

/** The run-time side of RequestVerbs, of one process. */
export class RequestVerbsImpl implements RequestVerbs {
  private readonly kernel: Kernel;
  constructor(private readonly p: Process) {
    this.kernel = p.kernel;
  }

  send<D extends AnyDefinition, K extends CallName<D>>(
    ref: Sends<D>, op: K, ...args: VerbArgs<CallEntryOf<D, K>, never>
  ): RequestId<ReplyOf<CallEntryOf<D, K>>>;
  send(ref: RefBase, op: string, payload?: unknown): RequestIdImpl {
    if (typeof ref?.dispatch !== 'function') {
      throw new OptionError(
        'requests.send', ref, 'a ref of an agent', 'make one with system.ref(Definition, nameOrPid)',
      );
    }
    this.need('send');
    const id = new RequestIdImpl(this.p, op);
    id.slot = ref.dispatch(Verb.Request, this.p, op, payload, id);
    return id;
  }

  wait<V>(request: RequestId<V>, options?: ResponseWait): Promise<Response<V> | 'timeout'>;
  wait(request: RequestIdImpl, options?: ResponseWait): Promise<Response<unknown> | 'timeout'> {
    return this.one('wait', request, options, () => undefined);
  }

  receive<V>(request: RequestId<V>, options?: ResponseWait): Promise<Response<V> | 'timeout'>;
  receive(request: RequestIdImpl, options?: ResponseWait): Promise<Response<unknown> | 'timeout'> {
    return this.one('receive', request, options, () => request.abandon());
  }

  private one(
    verb: string, request: RequestIdImpl, options: ResponseWait | undefined, late: () => void,
  ): Promise<Response<unknown> | 'timeout'> {
    return this.told(() => {
      this.own(verb, request);
      const limit = this.limit(verb, options, ['timeoutMs', 'atMs']);
      return this.first([request], limit).then((found) => {
        if (found === null) late();
        return found === null ? 'timeout' : (found.take() as Response<unknown>);
      });
    });
  }

  check<V>(message: unknown, request: RequestId<V>): Response<V> | 'no_reply';
  check(message: unknown, request: RequestIdImpl): Response<unknown> | 'no_reply' {
    this.own('check', request);
    return request.taken(message) ?? 'no_reply';
  }

  collection<L>(): RequestCollectionImpl<L> {
    return new RequestCollectionImpl<L>(this.p);
  }

  waitAny<L>(
    collection: RequestCollectionImpl<L>, options?: CollectionWait,
  ): Promise<LabelledResponse<L> | 'timeout' | 'no_request'> {
    return this.any('waitAny', collection, options, false);
  }

  receiveAny<L>(
    collection: RequestCollectionImpl<L>, options?: CollectionWait,
  ): Promise<LabelledResponse<L> | 'timeout' | 'no_request'> {
    return this.any('receiveAny', collection, options, true);
  }

  private any<L>(
    verb: string, collection: RequestCollectionImpl<L>, options: CollectionWait | undefined, abandons: boolean,
  ): Promise<LabelledResponse<L> | 'timeout' | 'no_request'> {
    return this.told(() => {
      this.ownAll(verb, collection);
      const limit = this.limit(verb, options, ['timeoutMs', 'atMs', 'delete']);
      checkDelete(verb, options?.delete);
      if (collection.size === 0) return Promise.resolve('no_request' as const);
      return this.first([...collection.labels.keys()], limit).then((found) => {
        if (found !== null) return labelled(
          collection, found, found.take() as Response<unknown>, options?.delete,
        );
        if (abandons) for (const request of collection.labels.keys()) request.abandon();
        return 'timeout' as const;
      });
    });
  }

  checkAny<L>(
    message: unknown, collection: RequestCollectionImpl<L>,
    options: { readonly delete?: boolean | undefined } = {},
  ): LabelledResponse<L> | 'no_reply' | 'no_request' {
    checkKeys('requests.checkAny', options, ['delete']);
    checkDelete('checkAny', options.delete);
    this.ownAll('checkAny', collection);
    if (collection.size === 0) return 'no_request';
    for (const request of collection.labels.keys()) {
      const response = request.taken(message);
      if (response !== null) return labelled(collection, request, response, options.delete);
    }
    return 'no_reply';
  }

  /** The first of them that has a response, its response still in it; null when there was none in time. */
  private first(requests: readonly RequestIdImpl[], limitMs: number): Promise<RequestIdImpl | null> {
    const ready = requests.find((request) => request.ready);
    if (ready !== undefined) return Promise.resolve(ready);
    return new Promise((resolve) => new Wait(this.p, requests, resolve).begin(limitMs));
  }

  /** What was asked wrongly is a rejection that nobody has to look at. */
  private told<T>(ask: () => Promise<T>): Promise<T> {
    let promise: Promise<T>;
    try {
      promise = ask();
    } catch (error) {
      promise = Promise.reject<never>(error);
    }
    markHandled(promise);
    return this.kernel.scheduler.paced(promise);
  }

  private need(verb: string): void {
    if (fenced(this.p)) throw new CastcallError(
      'ZOMBIE', `requests.${verb}: the process ${this.p.pid} has ended`,
    );
  }

  private own(verb: string, request: RequestIdImpl): void {
    if (!(request instanceof RequestIdImpl)) {
      throw new OptionError(`requests.${verb}`, request, 'a request', 'pass what self.requests.send returned');
    }
    this.need(verb);
    if (request.p !== this.p) {
      throw new OptionError(
        `requests.${verb}`, request.op, 'a request of this process',
        `${request.owner} has sent it, and only that process may take its response`, 'NOT_OWNER',
      );
    }
    if (request.listener !== null) {
      throw new OptionError(
        `requests.${verb}`, request.op, 'a request that is not waited for already',
        'await the first verb', 'BUSY',
      );
    }
  }

  private ownAll<L>(verb: string, collection: RequestCollectionImpl<L>): void {
    if (!(collection instanceof RequestCollectionImpl)) {
      throw new OptionError(
        `requests.${verb}`, collection, 'a collection', 'make one with self.requests.collection()',
      );
    }
    for (const request of collection.labels.keys()) this.own(verb, request);
  }

  /** ms from now, -1 for ever (RQ-08). */
  private limit(verb: string, options: ResponseWait | undefined, known: readonly string[]): number {
    if (options === undefined) return CALL_TIMEOUT_MS;
    const where = `requests.${verb}`;
    checkKeys(where, options, known);
    const { atMs } = options;
    if (atMs === undefined) return timeoutMs(`${where}.timeoutMs`, options.timeoutMs, CALL_TIMEOUT_MS);
    if (options.timeoutMs !== undefined) {
      throw new OptionError(`${where}.atMs`, atMs, 'one of timeoutMs and atMs', 'leave one of them out');
    }
    return msUntil(`${where}.atMs`, atMs, () => this.kernel.env.mono());
  }
}

function labelled<L>(
  collection: RequestCollectionImpl<L>, request: RequestIdImpl, response: Response<unknown>,
  remove: boolean = true,
): LabelledResponse<L> {
  const label = collection.labels.get(request) as L;
  if (remove) collection.labels.delete(request);
  return { response, label };
}

function checkDelete(verb: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') {
    throw new OptionError(`requests.${verb}.delete`, value, 'true or false');
  }
}
