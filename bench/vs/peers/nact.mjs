// nact. Names are our own: its random 32-bit ones collide at 10,000 actors.
import nact from 'nact';
import { now, suite } from './suite.mjs';

const { dispatch, query, spawn, start, stop } = nact;
const TIMEOUT_MS = 60_000;
let system;
let names = 0;

const adapter = {
  open() { system = start(); },
  close() { stop(system); },
  spawn: (handler, initialState) => spawn(
    system,
    (state, message, context) => handler(state, message, (value) => dispatch(context.sender, value)),
    `actor-${names++}`,
    { initialState },
  ),
  send: dispatch,
  call: (actor, message) => query(actor, message, TIMEOUT_MS),
};

/**
 * It has no supervisor: the nearest is an actor that resets itself after a crash, until it handles the next message.
 */
async function restart(size) {
  adapter.open();
  let handled;
  const delaysUs = new Float64Array(size);
  const worker = spawn(system, (state, message) => {
    if (message === 'crash') throw new Error('crash');
    handled();
    return state;
  }, 'worker', { initialStateFunc: () => 0, onCrash: (message, error, context) => context.reset });
  for (let round = 0; round < size; round++) {
    const restarted = new Promise((resolve) => { handled = resolve; });
    const started = now();
    dispatch(worker, 'crash');
    dispatch(worker, 'hello');
    await restarted;
    delaysUs[round] = (now() - started) * 1_000;
  }
  adapter.close();
  return delaysUs.sort()[Math.floor((size - 1) / 2)];
}

export const measurements = { ...suite(adapter), restart_p50: restart };
