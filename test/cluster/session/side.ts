import {
  type SendResult, Sessions, type SessionEvents, type SessionOptions,
} from '../../../src/cluster/session/index.js';
import { decodeFrame, type Frame, type Kind } from '../../../src/cluster/wire/index.js';
import { simulate, type Simulation } from '../../../src/testing/index.js';
import { type Machine, Network } from '../../../src/testing/network.js';

export interface Side {
  readonly machine: Machine;
  readonly sessions: Sessions;
  readonly events: string[];
  send(to: string, ...values: number[]): SendResult[];
}

/** What a node does when it is told. */
export interface Acts {
  down?(sessions: Sessions): void;
  message?(sessions: Sessions, value: number): void;
  room?(): number;
}

const nothing = (): void => undefined;
export const quiet: SessionEvents = { up: nothing, down: nothing, message: nothing, expired: nothing, failed: nothing };

export function side(
  network: Network, name: string, options: SessionOptions = {}, life = 1, acts: Acts = {},
): Side {
  const machine = network.machine(name);
  const events: string[] = [];
  const sessions = new Sessions(machine.program, machine, name, `${name}${life}`, {
    up: (_node, incarnation) => void events.push(`up ${incarnation}`),
    down: (_node, incarnation, why, { unknown, dropped }) => {
      events.push(`down ${incarnation} ${why} ${unknown} ${dropped}`);
      acts.down?.(sessions);
    },
    message: (_node, bytes) => {
      events.push(String(bytes[0]));
      acts.message?.(sessions, bytes[0] as number);
    },
    expired: (node, count) => void events.push(`expired ${node} ${count}`),
    ...(acts.room && { room: acts.room }),
    failed: (event, error) => void events.push(`${event} threw ${String(error)}`),
  }, options);
  const send = (to: string, ...values: number[]): SendResult[] =>
    values.map((value) => sessions.send(to, Uint8Array.of(value)));
  return { machine, sessions, events, send };
}

/** From `a` to `b`. */
export function handshake(
  kind: typeof Kind.Hello | typeof Kind.Welcome, incarnation: string, mine: number, yours: number):
Frame {
  return { kind, from: 'a', incarnation, to: 'b', mine, yours, first: 0, ack: 0, limit: 0, note: null, messages: [] };
}

export function run(body: (sim: Simulation, network: Network) => Promise<void>, bytesMax?: number): Promise<unknown> {
  return simulate(3, (sim) => body(sim, new Network(sim, bytesMax)));
}

/** The bytes of messages that leave a machine from now on; `lost` says which frames do not arrive. */
export function sent(from: Side, lost: (nth: number, frame: Frame) => boolean = () => false): { bytes: number } {
  const count = { bytes: 0 };
  const carry = from.machine.send.bind(from.machine);
  let nth = 0;
  from.machine.send = (to, bytes) => {
    const frame = decodeFrame(bytes.slice(), Infinity) as Frame;
    const size = frame.messages.reduce((sum, { length }) => sum + length, 0);
    count.bytes += size;
    if (size === 0 || !lost(nth++, frame)) carry(to, bytes);
  };
  return count;
}

/** Messages of 20 kB, numbered from 0. */
export function sends(from: Side, to: string, count: number): void {
  for (let n = 0; n < count; n++) from.sessions.send(to, new Uint8Array(20_000).fill(n));
}
