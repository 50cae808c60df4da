import type { AnyDefinition } from '../../../api/protocol.js';
import { fenced } from '../../../process/record/index.js';
import type { Process } from '../../../process/record/index.js';
import { hostOf } from '../host.js';
import { AgentRefImpl } from '../ref.js';
import { RefBase } from './ref-base.js';
import { Verb, type Gives } from './verb.js';

/** A ref by a via name: its provider may deliver plain messages itself (RG-06). */
export class ViaRefImpl<D extends AnyDefinition = AnyDefinition> extends RefBase<D> {
  private readonly owner = new AgentRefImpl(this.addr, this.definition, this.kernel, null);

  sentBy(sender: Process | null): ViaRefImpl<D> {
    return new ViaRefImpl(this.addr, this.definition, this.kernel, sender);
  }

  dispatch<V extends Verb>(
    verb: V, sender: Process | null, op: string, payload: unknown, options: object | undefined,
  ): Gives[V] {
    if (verb !== Verb.Info) return this.owner.dispatch(verb, sender, op, payload, options);
    if (!fenced(sender)) hostOf(this.kernel).router.send(this.addr, payload, sender);
    return undefined as Gives[V];
  }
}
