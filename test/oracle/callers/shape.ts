import { reason } from '../puppets/shape.js';
import { int, label, lazy, list, one, tuples, type Shape } from '../shape.js';

const worker = label('w');
const bool = one('true', 'false');
const ending = tuples({ ok: [], exits: [reason], crashes: [] });
const plan: Shape = lazy(() => tuples(
  { fine: [], stop: [
    reason,
  ], exits: [reason], crashes: [], out: [request], again: [request], stops: [request] },
));
const request: Shape = lazy(
  () => tuples({
    call: [worker, plan], stopping: [worker, reason],
    task: [tuples({ exits: [reason], crashes: [] })],
  }),
);
const step = tuples({ tell: [worker, plan], kill: [worker], which: [] });

export const callerShape: Shape = tuples({ callers: [
  int(0, 100), list(tuples({ worker: [worker, one('permanent', 'transient', 'temporary'), bool, ending] }), 4),
  list(step),
] });
