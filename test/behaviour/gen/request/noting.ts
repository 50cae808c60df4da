import { callerOf } from '../../../../src/behaviour/gen/caller.js';
import type { Gives, Verb } from '../../../../src/behaviour/gen/request/verb.js';
import { AgentRefImpl } from '../../../../src/behaviour/gen/ref.js';
import { defineAgent, type ProcessVerbs } from '../../../../src/index.js';

export const Agent = defineAgent({
  calls: { ask: (_self, n: number) => n + 1, *items() { yield 1; } }, casts: { note: () => undefined },
});

/** Notes what passes its waist, and lets it pass. */
export class Noting extends AgentRefImpl {
  constructor(
    private readonly ref: Pick<AgentRefImpl, 'addr' | 'definition' | 'kernel'>,
    sender: AgentRefImpl['sender'],
    readonly noted: unknown[] = [],
  ) {
    super(ref.addr, ref.definition, ref.kernel, sender);
  }
  override bind(self: ProcessVerbs): this {
    return new Noting(this.ref, callerOf(self, 'bind'), this.noted) as this;
  }
  override dispatch<V extends Verb>(
    verb: V, sender: AgentRefImpl['sender'], op: string, payload: unknown, options: object | undefined,
  ): Gives[V] {
    this.noted.push([verb, sender?.pid, op]);
    return super.dispatch(verb, sender, op, payload, options);
  }
}
