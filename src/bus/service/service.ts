import { OptionError } from '../../base/index.js';
import { isA, shownAs } from '../../base/text/index.js';
import { PayloadError, rejectedWith } from '../../behaviour/gen/index.js';
import { fenced } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';
import type { Sends } from '../../api/agent.js';
import type {
  RequestName, Serves, ServiceInput, ServiceItem, ServiceOperations, ServiceOutput, ServiceRequestOptions,
  ServiceStats, StreamedName,
} from '../../api/bus/service.js';
import type { Service } from '../../api/bus/verbs.js';
import type { AnyDefinition } from '../../api/protocol.js';
import type { ServiceCore } from './core.js';
import type { Operation } from './definition.js';
import { readRequest } from './options.js';
import { RequestAsk } from './service-ask.js';
import type { Services } from './services.js';
import { ServiceStream, StreamAsk } from './stream-ask.js';

/** A service, as one process or the outside uses it. */
export class ServiceImpl<O extends ServiceOperations> implements Service<O> {
  readonly #core: ServiceCore;
  readonly #p: Process | null;
  readonly #services: Services;
  constructor(services: Services, core: ServiceCore, p: Process | null) {
    this.#services = services;
    this.#core = core;
    this.#p = p;
  }

  get name(): string {
    return this.#core.definition.name;
  }

  /** What is wrong is a rejection. */
  request<K extends RequestName<O>>(
    operation: K, payload: ServiceInput<O, K>, options?: ServiceRequestOptions,
  ): Promise<ServiceOutput<O, K>> {
    const core = this.#core;
    const p = this.#p;
    try {
      const op = operationOf(core, operation, false);
      const read = readRequest('service.request', options, core.definition);
      const checked = checkedBy(core, op, payload);
      const weight = core.weightOf(op, checked);
      if (fenced(p)) throw zombie(core, p);
      read.signal?.throwIfAborted();
      const ask = new RequestAsk(core, p, op, checked, weight, read.timeoutMs);
      ask.start(read.signal);
      return ask.outcome as Promise<ServiceOutput<O, K>>;
    } catch (error) {
      return rejectedWith(core.kernel, error);
    }
  }

  /** Throws for what its sender got wrong; all else is told by its first item. */
  stream<K extends StreamedName<O>>(
    operation: K, payload: ServiceInput<O, K>, options?: ServiceRequestOptions,
  ): AsyncIterableIterator<ServiceItem<O, K>> {
    const core = this.#core;
    const op = operationOf(core, operation, true);
    const read = readRequest('service.stream', options, core.definition);
    const checked = checkedBy(core, op, payload);
    const ask = new StreamAsk(
      core, this.#p, op, checked, core.weightOf(op, checked), read.timeoutMs, read.signal,
    );
    return new ServiceStream(ask) as AsyncIterableIterator<unknown> as AsyncIterableIterator<ServiceItem<O, K>>;
  }

  join<D extends AnyDefinition>(worker: Sends<D> & Serves<D, O>): boolean {
    const core = this.#core;
    if (fenced(this.#p) || core.closing !== null) return false;
    const joined = core.seats.join(worker);
    if (joined) core.pump();
    return joined;
  }

  leave<D extends AnyDefinition>(worker: Sends<D>): boolean {
    const core = this.#core;
    if (fenced(this.#p)) return false;
    const left = core.seats.leave(worker);
    if (left) core.pump();
    return left;
  }

  close(): Promise<void> {
    const core = this.#core;
    const p = this.#p;
    if (fenced(p)) return rejectedWith(core.kernel, zombie(core, p));
    return core.kernel.traced(this.#services.close(core));
  }

  stats(): ServiceStats {
    return this.#core.stats();
  }
}

shownAs(ServiceImpl<ServiceOperations>, (it) => {
  const { waiting, running, workers } = it.stats();
  return `Service(${it.name}: ${waiting} waiting, ${running} running, ${workers} workers)`;
});

function operationOf(core: ServiceCore, name: unknown, stream: boolean): Operation {
  const { table } = core.definition;
  const op = typeof name === 'string' ? table.get(name) : undefined;
  if (op !== undefined && op.stream === stream) return op;
  const verb = stream ? 'stream' : 'request';
  const names = [...table.values()].filter((one) => one.stream === stream).map((one) => one.name);
  const fix = op === undefined ? undefined : `'${op.name}' is asked for by ${stream ? 'request' : 'stream'}`;
  const known = names.length === 0 ? 'no such operation: it has none' : `one of ${names.join(', ')}`;
  throw new OptionError(`${core.title}.${verb}`, name, known, fix, 'UNKNOWN_OPERATION');
}

function checkedBy(core: ServiceCore, op: Operation, payload: unknown): unknown {
  try {
    return op.checkRequest(payload);
  } catch (error) {
    if (!isA(error, PayloadError)) throw error;
    throw core.error('INVALID_PAYLOAD', (error).message, 0, error);
  }
}

function zombie(core: ServiceCore, p: Process | null): Error {
  return core.error('ZOMBIE', `the process ${p?.pid ?? ''} has ended`, 0);
}
