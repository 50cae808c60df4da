import { RefBase } from '../../../../src/behaviour/gen/request/ref-base.js';
import type { Gives, Verb } from '../../../../src/behaviour/gen/request/verb.js';
import type { AgentRefImpl } from '../../../../src/behaviour/gen/ref.js';
import { defineAgent } from '../../../../src/index.js';

export const Agent = defineAgent({
  calls: { ask: (_self, n: number) => n + 1, *items() { yield 1; } }, casts: { note: () => undefined },
});

/** Notes what passes its waist, and lets a real ref do it. */
export class Noting extends RefBase {
  constructor(
    private readonly real: AgentRefImpl,
    sender: RefBase['sender'],
    readonly noted: unknown[] = [],
  ) {
    super(real.addr, real.definition, real.kernel, sender);
  }
  sentBy(sender: RefBase['sender']): Noting {
    return new Noting(this.real, sender, this.noted);
  }
  dispatch<V extends Verb>(
    verb: V, sender: RefBase['sender'], op: string, payload: unknown, options: object | undefined,
  ): Gives[V] {
    this.noted.push([verb, sender?.pid, op]);
    return this.real.dispatch(verb, sender, op, payload, options);
  }
}
