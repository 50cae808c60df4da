import { expectTypeOf, test } from 'vitest';
import { createSystem, defineAgent, type ProcessSelf } from '../../src/index.js';
import type { LabelledResponse, RequestId, Response } from '../../src/process/public.js';

const Server = defineAgent({
  calls: { add: (_self, n: number) => n + 1, name: async () => 'x', async *items() { yield 1; } },
  casts: { note: () => undefined },
});
const server = createSystem({ logger: false }).start(Server);

/** Checked, never run. */
export async function asks({ requests }: ProcessSelf): Promise<void> {
  const added = requests.send(server, 'add', 1);
  test('a request knows the type of its reply, promises taken off', () => {
    expectTypeOf(added).toEqualTypeOf<RequestId<number>>();
    expectTypeOf(requests.send(server, 'name')).toEqualTypeOf<RequestId<string>>();
    expectTypeOf(requests.wait(added)).toEqualTypeOf<Promise<Response<number> | 'timeout'>>();
    expectTypeOf(requests.receive(added, { timeoutMs: 'infinity' }))
      .toEqualTypeOf<Promise<Response<number> | 'timeout'>>();
    expectTypeOf(requests.check({}, added)).toEqualTypeOf<Response<number> | 'no_reply'>();
  });
  test('only calls are requests, with the payload of the call', () => {
    // @ts-expect-error a cast has no reply
    requests.send(server, 'note');
    // @ts-expect-error the payload is a number
    requests.send(server, 'add', 'one');
    // @ts-expect-error there is no such call
    requests.send(server, 'sub', 1);
  });
  const response = await requests.wait(added);
  test('a response is narrowed by ok', () => {
    if (response === 'timeout') return;
    if (response.ok) expectTypeOf(response.value).toEqualTypeOf<number>();
    else expectTypeOf(response.error).toEqualTypeOf<unknown>();
  });
  const all = requests.collection<'one' | 'two'>();
  all.add(added, 'one');
  // @ts-expect-error no label of this collection
  all.add(added, 'three');
  const any = await requests.waitAny(all, { delete: true });
  test('a collection gives the label back', () => {
    expectTypeOf(any).toEqualTypeOf<LabelledResponse<'one' | 'two'> | 'timeout' | 'no_request'>();
    expectTypeOf(all.size).toEqualTypeOf<number>();
  });
}
