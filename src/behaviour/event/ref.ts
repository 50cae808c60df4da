import { callError, Own } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { addressName } from '../../router/request/index.js';
import { AgentRefImpl, runtimeOf } from '../gen/index.js';
import type { HandlePlaceImpl } from '../gen/request/index.js';
import { ServerDefinition } from '../gen/server/index.js';
import type { AgentSelf } from '../gen/server/index.js';
import type { Pid } from '../../api/address.js';
import type { ProcessVerbs, StopOptions } from '../../api/agent.js';
import type {
  AnyEventHandler, EventManagerDefinition, EventManagerRef, HandlerInfo, HandlerKey,
} from '../../api/events.js';
import { keyOf } from './handler.js';
import { EventEngine, type AddPlan } from './manager.js';
import { EVENT_SYS } from './sys.js';

type Manager = AgentSelf & { state: EventEngine };
interface SwapPlan { readonly from: Named; readonly args: unknown; readonly plan: AddPlan }
interface Named { readonly handler: AddPlan['handler']; readonly id: unknown }

const calls = {
  sync: (self: Manager, event: unknown) => self.state.event(event),
  add: (self: Manager, { value }: Own<AddPlan>) => self.state.add(value),
  delete: (self: Manager, { handler, id, args }: Named & { readonly args: unknown }) =>
    self.state.delete(handler, id, args),
  swap: (self: Manager, { value: { from, args, plan } }: Own<SwapPlan>) => self.state.swap(from, args, plan),
  call: (self: Manager, { handler, id, op, payload }: Named
    & { readonly op: string; readonly payload: unknown }) =>
    self.state.call(handler, id, op, payload),
  which: (self: Manager) => self.state.which(),
};

/**
 * The definition of every event manager (OTP's gen_event): an agent that traps exits and whose behaviour is
 * what its handlers do. Start it like an agent, `system.start(EventManager, { name })` or
 * `child(id, EventManager)`, and take its handle by `system.ref<Event>(EventManager, name)`, with
 * the type of its events for those who notify.
 *
 * @example
 * system.start(EventManager, { name: 'events' });
 * const events = system.ref<'ping' | 'pong'>(EventManager, 'events');
 * events.notify('ping');
 * await events.whichHandlers(); // => []
 * system.whereis('events') === events.pid; // => true
 * @since 0.2.0
 */
export const EventManager: EventManagerDefinition = Object.assign(new ServerDefinition({
  name: 'event manager',
  trapExit: true,
  init(this: AgentSelf): EventEngine {
    const { p } = this;
    p.cold().sys = EVENT_SYS;
    return new EventEngine(p);
  },
  calls,
  casts: { notify: (self: Manager, event: unknown) => self.state.event(event) },
  info: (self: Manager, message: unknown) => self.state.info(message),
  terminate: (self: Manager, reason: ExitReason) => self.state.stop(reason),
}), {
  handleAt: ({ host, addr }: HandlePlaceImpl): EventManagerRef =>
    new EventManagerRefImpl(new AgentRefImpl(addr, runtimeOf(EventManager), host.kernel, null)),
});

class EventManagerRefImpl<E> implements EventManagerRef<E> {
  constructor(readonly ref: AgentRefImpl<EventManagerDefinition>) {}

  get pid(): Pid | undefined {
    return this.ref.pid;
  }

  bind(self: ProcessVerbs): EventManagerRefImpl<E> {
    return new EventManagerRefImpl(this.ref.bind(self));
  }

  notify(event: unknown): void {
    this.ref.cast('notify', event);
  }

  syncNotify(event: unknown, options?: object): Promise<void> {
    return this.ref.call('sync', event, options);
  }

  addHandler(key: HandlerKey<AnyEventHandler>, ...init: unknown[]): Promise<void> {
    return this.ref.call('add', new Own(planOf('addHandler', key, init, false)));
  }

  addSupHandler(key: HandlerKey<AnyEventHandler>, ...init: unknown[]): Promise<void> {
    return this.ref.call('add', new Own(planOf('addSupHandler', key, init, true)));
  }

  deleteHandler(key: HandlerKey<AnyEventHandler>, args?: unknown): Promise<unknown> {
    return this.ref.call('delete', { ...keyOf('deleteHandler', key), args });
  }

  swapHandler(
    from: HandlerKey<AnyEventHandler>, args: unknown, to: HandlerKey<AnyEventHandler>, ...init: unknown[]
  ): Promise<void> {
    return this.swap({
      from: keyOf('swapHandler.from', from), args, plan: planOf('swapHandler.to', to, init, false),
    });
  }

  swapSupHandler(
    from: HandlerKey<AnyEventHandler>, args: unknown, to: HandlerKey<AnyEventHandler>, ...init: unknown[]
  ): Promise<void> {
    return this.swap(
      { from: keyOf('swapSupHandler.from', from), args, plan: planOf('swapSupHandler.to', to, init, true) },
    );
  }

  private swap(plan: SwapPlan): Promise<void> {
    return this.ref.call('swap', new Own(plan));
  }

  call<R>(key: HandlerKey<AnyEventHandler>, op: string, payload?: unknown, options?: object): Promise<R> {
    return this.ref.call<R>('call', this.requestOf(key, op, payload), options);
  }

  private requestOf(key: HandlerKey<AnyEventHandler>, op: string, payload: unknown): object {
    const { handler, id } = keyOf('call', key);
    if (!handler.calls.has(op)) {
      throw callError('UNKNOWN_OPERATION', {
        target: addressName(this.ref.addr), op: `${handler.name}.${op}`,
        details: [...handler.calls.keys()].join(', ') || 'none',
      });
    }
    return { handler, id, op, payload };
  }

  whichHandlers(): Promise<HandlerInfo[]> {
    return this.ref.call('which');
  }

  stop(reason?: ExitReason, options?: StopOptions): Promise<void> {
    return this.ref.stop(reason, options);
  }
}

function planOf(where: string, key: unknown, init: readonly unknown[], supervised: boolean): AddPlan {
  return { ...keyOf(where, key), init, supervised };
}
