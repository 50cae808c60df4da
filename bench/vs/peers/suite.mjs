// The cases of castcall in the idiom of a peer. An adapter gives open, close, spawn, send, call and stop; a handler is
// (state, message, reply) => next state. Counts are asserted as on the other sides.
import { performance } from 'node:perf_hooks';

const AGENTS = 1_000;
const PAIRS = 100;
const BURST = 1_000;

export const now = () => performance.now();
export const perSecond = (count, started) => (count * 1_000) / (now() - started);
export const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function expectCount(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: counted ${actual}, expected exactly ${expected}`);
}

export async function liveHeapBytes() {
  globalThis.gc();
  await sleep(20);
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** A promise with its resolver, resolved when `parts` parts have ended. */
export function finish(parts) {
  let left = parts;
  let resolve;
  const done = new Promise((resolver) => { resolve = resolver; });
  return { done, partEnded() { left -= 1; if (left === 0) resolve(); } };
}

const ADD = { type: 'add' };
const GET = { type: 'get' };
const counter = (state, message, reply) => {
  if (message.type === 'get') { reply(state); return state; }
  return state + 1;
};
const countingTo = (expected, end) => (state, message, reply) => {
  if (message.type === 'get') { reply(state); return state; }
  if (state + 1 === expected) end.partEnded();
  return state + 1;
};

/** The last answer may come before the last cast where a peer does not keep the order between the two. */
async function settledCount(adapter, actor, expected) {
  for (;;) {
    const count = await adapter.call(actor, GET);
    if (count >= expected) { expectCount('messages handled', count, expected); return; }
    await nextTurn();
  }
}

export function suite(adapter) {
  const fresh = (body) => async (size) => {
    await adapter.open();
    try { return await body(size); } finally { await adapter.close(); }
  };
  return { ...messages(adapter, fresh), ...circles(adapter, fresh), ...fans(adapter, fresh), ...life(adapter, fresh) };
}

function messages(adapter, fresh) {
  return {
    cast_stream: fresh(async (size) => {
      const actor = adapter.spawn(counter, 0);
      const started = now();
      for (let sent = 1; sent <= size; sent++) {
        adapter.send(actor, ADD);
        if (sent % BURST === 0) await nextTurn();
      }
      await settledCount(adapter, actor, size);
      return perSecond(size, started);
    }),
    call_seq: fresh(async (size) => {
      const actor = adapter.spawn(counter, 0);
      const started = now();
      for (let made = 0; made < size; made++) await adapter.call(actor, GET);
      return perSecond(size, started);
    }),
    call_1000: fresh(async (size) => {
      const actor = adapter.spawn(counter, 0);
      const caller = async () => { for (let made = 0; made < size / AGENTS; made++) await adapter.call(actor, GET); };
      const started = now();
      await Promise.all(Array.from({ length: AGENTS }, caller));
      return perSecond(size, started);
    }),
  };
}

function circles(adapter, fresh) {
  return {
    ring_1k: fresh(async (size) => {
      const end = finish(1);
      let hops = 0;
      const node = (state, message) => {
        if (message.type === 'connect') return message.next;
        hops += 1;
        if (message.left === 0) end.partEnded();
        else adapter.send(state, { type: 'hop', left: message.left - 1 });
        return state;
      };
      const nodes = Array.from({ length: AGENTS }, () => adapter.spawn(node, null));
      nodes.forEach((actor, index) => adapter.send(actor, { type: 'connect', next: nodes[(index + 1) % AGENTS] }));
      await sleep(50);
      const started = now();
      adapter.send(nodes[0], { type: 'hop', left: size - 1 });
      await end.done;
      const rate = perSecond(size, started);
      expectCount('hops handled', hops, size);
      return rate;
    }),
    pingpong: fresh(async (size) => {
      const end = finish(PAIRS);
      let handled = 0;
      const pong = (state, message) => { handled += 1; adapter.send(message.from, ADD); return state; };
      const pings = Array.from({ length: PAIRS }, () => {
        const peer = adapter.spawn(pong, 0);
        const me = { type: 'ping', from: null };
        me.from = adapter.spawn((left) => {
          if (left === 0) end.partEnded(); else adapter.send(peer, me);
          return left - 1;
        }, size / PAIRS);
        return me.from;
      });
      await sleep(20);
      const started = now();
      for (const ping of pings) adapter.send(ping, ADD);
      await end.done;
      const rate = perSecond(size, started);
      expectCount('pings handled', handled, size);
      return rate;
    }),
  };
}

function fans(adapter, fresh) {
  return {
    fan_in: fresh(async (size) => {
      const end = finish(1);
      const receiver = adapter.spawn(countingTo(size, end), 0);
      const go =
        (state) => { for (let sent = 0; sent < size / AGENTS; sent++) adapter.send(receiver, ADD); return state; };
      const senders = Array.from({ length: AGENTS }, () => adapter.spawn(go, 0));
      await sleep(20);
      const started = now();
      for (const sender of senders) adapter.send(sender, ADD);
      await end.done;
      const rate = perSecond(size, started);
      expectCount('items handled', await adapter.call(receiver, GET), size);
      return rate;
    }),
    fan_out: fresh(async (size) => {
      const end = finish(AGENTS);
      const rounds = size / AGENTS;
      const receivers = Array.from({ length: AGENTS }, () => adapter.spawn(countingTo(rounds, end), 0));
      await sleep(20);
      const started = now();
      for (let round = 0; round < rounds; round++) {
        for (const receiver of receivers) adapter.send(receiver, ADD);
        await nextTurn();
      }
      await end.done;
      const rate = perSecond(size, started);
      for (const receiver of receivers) expectCount('items handled by one', await adapter.call(receiver, GET), rounds);
      return rate;
    }),
  };
}

function life(adapter, fresh) {
  return {
    agent_start: fresh(async (size) => {
      const actors = [];
      const started = now();
      for (let count = 0; count < size; count++) actors.push(adapter.spawn(counter, 0));
      const rate = perSecond(size, started);
      expectCount('answer of the last', await adapter.call(actors.at(-1), GET), 0);
      return rate;
    }),
    bytes_per_agent: fresh(async (size) => {
      const actors = new Array(size).fill(null);
      const before = await liveHeapBytes();
      for (let count = 0; count < size; count++) actors[count] = adapter.spawn(counter, 0);
      const after = await liveHeapBytes();
      expectCount('answer of the last', await adapter.call(actors.at(-1), GET), 0);
      return (after - before) / size;
    }),
  };
}
