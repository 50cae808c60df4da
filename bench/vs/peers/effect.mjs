// effect: an actor is an unbounded queue and a fiber that takes from it. Everything runs inside one fiber.
import { Deferred, Effect, Fiber, PubSub, Queue } from 'effect';
import { expectCount, liveHeapBytes, now, perSecond } from './suite.mjs';

const AGENTS = 1_000;
const PAIRS = 100;
const ADD = { answer: null };

const run = (body) => (size) => Effect.runPromise(Effect.gen(() => body(size)));
const many = (count, make) => Effect.all(Array.from({ length: count }, (_, index) => make(index)));

/** `handle` returns the next state, or an effect of it. */
const actor = (handle, initial) => Effect.gen(function* () {
  const queue = yield* Queue.unbounded();
  let state = initial;
  const fiber = yield* Effect.forkDetach(Effect.gen(function* () {
    for (;;) {
      const next = handle(state, yield* Queue.take(queue));
      state = Effect.isEffect(next) ? yield* next : next;
    }
  }));
  return { queue, fiber };
});
const counter =
  (state, { answer }) => (answer === null ? state + 1 : Effect.as(Deferred.succeed(answer, state), state));
const call = ({ queue }) => Effect.gen(function* () {
  const answer = yield* Deferred.make();
  yield* Queue.offer(queue, { answer });
  return yield* Deferred.await(answer);
});
const stop = (actors) => Effect.forEach(actors, ({ fiber }) => Fiber.interrupt(fiber), { discard: true });
const countingTo = (expected, end) => (state) => (state + 1 === expected ? Effect.as(end, expected) : state + 1);

/** An effect that completes `done` at its last execution. */
const finish = (parts) => Effect.gen(function* () {
  const done = yield* Deferred.make();
  let left = parts;
  return {
    done: Deferred.await(done),
    partEnded: Effect.suspend(() => (--left === 0 ? Deferred.succeed(done, true) : Effect.void)),
  };
});

function* castStream(size) {
  const one = yield* actor(counter, 0);
  const started = now();
  for (let sent = 0; sent < size; sent++) yield* Queue.offer(one.queue, ADD);
  expectCount('messages handled', yield* call(one), size);
  const rate = perSecond(size, started);
  yield* stop([one]);
  return rate;
}

function* callSequential(size) {
  const one = yield* actor(counter, 0);
  const started = now();
  for (let made = 0; made < size; made++) yield* call(one);
  const rate = perSecond(size, started);
  yield* stop([one]);
  return rate;
}

function* callConcurrent(size) {
  const one = yield* actor(counter, 0);
  const caller = Effect.gen(function* () { for (let made = 0; made < size / AGENTS; made++) yield* call(one); });
  const started = now();
  yield* Effect.all(Array.from({ length: AGENTS }, () => caller), { concurrency: 'unbounded', discard: true });
  const rate = perSecond(size, started);
  yield* stop([one]);
  return rate;
}

function* ring(size) {
  const end = yield* finish(1);
  let hops = 0;
  const nodes = [];
  const node = (index) => actor((state, left) => {
    hops += 1;
    return left === 0
      ? Effect.as(end.partEnded, state)
      : Effect.as(Queue.offer(nodes[(index + 1) % AGENTS].queue, left - 1), state);
  }, 0);
  for (let index = 0; index < AGENTS; index++) nodes.push(yield* node(index));
  const started = now();
  yield* Queue.offer(nodes[0].queue, size - 1);
  yield* end.done;
  const rate = perSecond(size, started);
  expectCount('hops handled', hops, size);
  yield* stop(nodes);
  return rate;
}

function* fanIn(size) {
  const end = yield* finish(1);
  const receiver = yield* actor(countingTo(size, end.partEnded), 0);
  const sender = Effect.gen(
    function* () { for (let sent = 0; sent < size / AGENTS; sent++) yield* Queue.offer(receiver.queue, ADD); },
  );
  const started = now();
  yield* Effect.all(Array.from({ length: AGENTS }, () => sender), { concurrency: 'unbounded', discard: true });
  yield* end.done;
  const rate = perSecond(size, started);
  yield* stop([receiver]);
  return rate;
}

function* fanOut(size) {
  const end = yield* finish(AGENTS);
  const receivers = yield* many(AGENTS, () => actor(countingTo(size / AGENTS, end.partEnded), 0));
  const started = now();
  for (let round = 0; round < size / AGENTS; round++) for (const { queue } of receivers) yield* Queue.offer(queue, ADD);
  yield* end.done;
  const rate = perSecond(size, started);
  yield* stop(receivers);
  return rate;
}

function* pingPong(size) {
  const end = yield* finish(PAIRS);
  let handled = 0;
  const pair = () => Effect.gen(function* () {
    const pong =
      yield* actor((state, from) => { handled += 1; return Effect.as(Queue.offer(from.queue, ADD), state); }, 0);
    let ping = null;
    ping = yield* actor(
      (left) => Effect.as(left === 0 ? end.partEnded : Queue.offer(pong.queue, ping), left - 1), size / PAIRS,
    );
    return [ping, pong];
  });
  const pairs = yield* many(PAIRS, pair);
  const started = now();
  for (const [ping] of pairs) yield* Queue.offer(ping.queue, ADD);
  yield* end.done;
  const rate = perSecond(size, started);
  expectCount('pings handled', handled, size);
  yield* stop(pairs.flat());
  return rate;
}

function* spawnExit(size) {
  let ran = 0;
  const body = Effect.sync(() => { ran += 1; });
  const started = now();
  for (let spawned = 1; spawned <= size; spawned++) {
    const fiber = yield* Effect.forkDetach(body);
    if (spawned % 1_000 === 0) yield* Fiber.join(fiber);
  }
  const rate = perSecond(size, started);
  expectCount('fibers that ran', ran, size);
  return rate;
}

function* agentStart(size) {
  const actors = [];
  const started = now();
  for (let count = 0; count < size; count++) actors.push(yield* actor(counter, 0));
  const rate = perSecond(size, started);
  yield* stop(actors);
  return rate;
}

function* bytesPerAgent(size) {
  const actors = new Array(size).fill(null);
  const before = yield* Effect.promise(liveHeapBytes);
  for (let count = 0; count < size; count++) actors[count] = yield* actor(counter, 0);
  const after = yield* Effect.promise(liveHeapBytes);
  yield* stop(actors);
  return (after - before) / size;
}

/** Readers with a buffer of 1,024 each; publish waits for the slowest, as ours does. */
const publish = (readers) => function* (size) {
  const rounds = size / readers;
  const topic = yield* PubSub.bounded(1_024);
  let read = 0;
  const subscribed = [];
  const reader = Effect.scoped(Effect.gen(function* () {
    const subscription = yield* PubSub.subscribe(topic);
    subscribed.push(subscription);
    for (let count = 0; count < rounds; count++) {
      yield* PubSub.take(subscription);
      read += 1;
    }
  }));
  const fibers = yield* many(readers, () => Effect.forkDetach(reader));
  while (subscribed.length < readers) yield* Effect.yieldNow;
  const started = now();
  for (let round = 0; round < rounds; round++) yield* PubSub.publish(topic, round);
  for (const fiber of fibers) yield* Fiber.join(fiber);
  const rate = perSecond(size, started);
  expectCount('items read', read, size);
  return rate;
};

export const measurements = {
  topic_1: run(publish(1)), topic_10: run(publish(10)), topic_100: run(publish(100)),
  cast_stream: run(castStream), call_seq: run(callSequential), call_1000: run(callConcurrent), ring_1k: run(ring),
  fan_in: run(fanIn), fan_out: run(fanOut), pingpong: run(pingPong),
  spawn_exit: run(spawnExit), agent_start: run(agentStart), bytes_per_agent: run(bytesPerAgent),
};
