import { reason } from '../puppets/shape.js';
import { either, int, label, lazy, list, one, tuples, type Shape } from '../shape.js';

export const CLIENTS_MAX = 2;
export const STATES = ['a', 'b', 'c'] as const;
export const TIMERS = ['g', 'h', 'k'] as const;

const value = int(0, 9);
const state = one(...STATES);
const boom = one('boom', 'bang');
const bool = one('true', 'false');
const when = either(int(0, 100_000), one('infinity', 'cancel', 'update'));

const script: Shape = lazy(() => tuples({ do: [int(0, 999), list(action), returned] }));
const action: Shape = tuples({
  set: [value], keep: [], answer: [value], reply: [value], reply_kept: [value],
  postpone: [], postpone_in: [state], no_postpone: [], hibernate: [],
  internal: [script], insert_cast: [script], insert_info: [script], insert_call: [script],
  timeout: [when, script], state_timeout: [when, script], generic: [one(...TIMERS), when, script],
});
const returned: Shape = tuples({
  keep: [], next: [state], repeat: [], stop: [reason], stop_reply: [reason, value],
  error: [boom], exit: [reason], throw: [boom], throw_next: [state], bad: [],
});
const enter = tuples({
  enter: [
    list(action),
    tuples({ keep: [], next: [state], repeat: [], stop: [reason], error: [boom], exit: [reason] }),
  ],
});
const start = tuples({ ok: [state, list(action)], stop: [reason], ignore: [], error: [boom], exit: [reason] });
const op = tuples({
  call: [script], cast: [script], info: [script], stop: [reason], signal: [reason], get_state: [],
});
const step = tuples({ at: [label('c'), list(op)], end_parent: [reason], advance: [int(1, 10_000)] });

/** Enter calls: none, or one for each state. */
const enters: Shape = (term) => list(enter, STATES.length)(term) ?? ([0, STATES.length].includes(
  (term as readonly unknown[]).length,
) ? null : `enter calls of ${(term as readonly unknown[]).length} states, it must be none or ${STATES.length}`);

export function machineShape(family: string): Shape {
  return tuples({ [family]: [
    tuples({ machine: [one('functions', 'handler'), bool, one('ok', 'crash'), enters, start] }),
    int(1, CLIENTS_MAX),
    list(step),
  ] });
}
