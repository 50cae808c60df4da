import { handled, OptionError } from '../../../base/index.js';
import type {
  AnyDefinition, CallEntryOf, CallName, CastEntryOf, CastName, ReplyOf, VerbArgs,
} from '../../../api/protocol.js';
import type { AgentRef, CallOptions, CastOptions } from '../../../api/agent.js';
import type { MultiCallResult } from '../../../api/requests.js';
import type { RefBase } from './ref-base.js';

/**
 * Asks several agents the same at once and waits for all. Never rejects for one of them: who is missing, ends,
 * refuses or takes longer than `timeoutMs` (5,000 by default, as of any call) is in `bad`, and a
 * reply that comes later is dropped and counted. Refs by name are looked up now; for the sender in
 * an async handler bind them first.
 *
 * Errors: an OptionError for what is no array of refs.
 *
 * @example
 * const Shard = defineAgent({ init: (n: number) => ({ n }), calls: { size: (self) => self.state.n } });
 * system.start(Shard, 3, { name: 'shard-1' });
 * const refs = ['shard-1', 'shard-2'].map((name) => system.ref(Shard, name));
 * const { replies, bad } = await multiCall(refs, 'size', undefined, { timeoutMs: 1_000 });
 * replies.map((one) => one.value); // => [3]
 * bad.map((one) => one.error.code) // => ['NOPROC']
 * @since 0.2.0
 */
export function multiCall<D extends AnyDefinition, K extends CallName<D>>(
  refs: readonly AgentRef<D>[],
  op: K,
  ...args: VerbArgs<CallEntryOf<D, K>, CallOptions>
): Promise<MultiCallResult<D, ReplyOf<CallEntryOf<D, K>>>> {
  return handled(askAll(refs, op, args as readonly [unknown?, object?]));
}

async function askAll<D extends AnyDefinition, K extends CallName<D>>(
  refs: readonly AgentRef<D>[], op: K, [payload, options]: readonly [unknown?, object?],
): Promise<MultiCallResult<D, ReplyOf<CallEntryOf<D, K>>>> {
  const results = await Promise.all(agents('multiCall', refs).map((ref) => ref.tryCall(op, payload, options)));
  const outcome: MultiCallResult<D, ReplyOf<CallEntryOf<D, K>>> = { replies: [], bad: [] };
  results.forEach((result, at) => {
    const ref = refs[at] as AgentRef<D>;
    if (result.ok) outcome.replies.push({ ref, value: result.value as ReplyOf<CallEntryOf<D, K>> });
    else outcome.bad.push({ ref, error: result.error });
  });
  return outcome;
}

/**
 * Casts the same to several agents; like each cast it never throws for one of them, a missing one
 * is a dead letter.
 *
 * @example
 * const Shard = defineAgent({ init: () => ({ n: 0 }), casts: { add(self, by: number) { self.state.n += by; } }, calls: { size: (self) => self.state.n } });
 * const shards = [system.start(Shard), system.start(Shard)];
 * abcast(shards, 'add', 2);
 * await shards[1]?.call('size') // => 2
 * @since 0.2.0
 */
export function abcast<D extends AnyDefinition, K extends CastName<D>>(
  refs: readonly AgentRef<D>[], op: K, ...args: VerbArgs<CastEntryOf<D, K>, CastOptions>
): void {
  const [payload, options] = args as readonly [unknown?, object?];
  for (const ref of agents('abcast', refs)) ref.cast(op, payload, options);
}

function agents(verb: string, refs: unknown): readonly RefBase[] {
  if (!Array.isArray(refs)) {
    throw new OptionError(
      `${verb}.refs`, refs, 'an array of refs', 'make each with system.ref(Definition, nameOrPid)',
    );
  }
  const bad: unknown = refs.find((ref) => typeof (ref as Partial<RefBase> | null)?.tryCall !== 'function');
  if (bad !== undefined) {
    throw new OptionError(
      `${verb}.refs`, bad, 'a ref of an agent', 'make it with system.ref(Definition, nameOrPid)',
    );
  }
  return refs as RefBase[];
}
