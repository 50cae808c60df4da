import { reason } from '../puppets/shape.js';
import { either, int, label, lazy, list, one, tuples, type Shape } from '../shape.js';

export const CLIENTS_MAX = 3;
/** what `terminate` does at last */
export const ENDINGS = ['ok', 'crash', 'throw', 'exit_bang', 'exit_normal'] as const;

const server = label('g');
const client = label('c');
const value = int(0, 9);
const ms = int(0, 10_000);
const boom = one('boom', 'bang');
const bool = one('true', 'false');

const script: Shape = lazy(() => tuples({ do: [int(0, 999), list(action), returned] }));
const action: Shape = tuples({
  set: [value], keep: [], answer: [value], tell: [script], call: [server, script],
});
const returned: Shape = tuples({
  reply: [value], reply_timeout: [value, ms], reply_continue: [value, script],
  noreply: [], noreply_timeout: [ms], noreply_continue: [script],
  stop: [reason], stop_reply: [reason, value], error: [boom], exit: [reason], throw: [boom],
});
const start =
  tuples({
    ok: [], timeout: [ms], continue: [script], stop: [reason], ignore: [], error: [boom],
    exit: [reason],
  });
const op = tuples({
  call: [server, script, either(int(1, 60_000), one('infinity'))], cast: [server, script],
  info: [server, script], stop: [server, reason], signal: [server, reason],
});
const step = tuples({ at: [client, list(op)], advance: [ms] });

export function serverShape(family: string): Shape {
  return tuples({
    [family]: [
      list(tuples({ server: [server, bool, one(...ENDINGS), start] }), 4), int(1, CLIENTS_MAX),
      list(step),
    ],
  });
}
