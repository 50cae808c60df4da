import { atOnce, CastcallError } from '../../../base/index.js';
import type { Process } from '../../../process/record/index.js';
import type { AnyDefinition } from '../../../api/protocol.js';
import type { Allow, MessageSender } from '../../../api/definition.js';

/**
 * A message that `allow` of the definition refuses: its sender gets a CallError `FORBIDDEN` of it.
 * What `allow` threw is its cause.
 */
export class Forbidden extends CastcallError {
  constructor(
    agent: string, op: string, sender: Process | null, reason: string,
    readonly thrown: unknown = undefined,
  ) {
    super(
      'FORBIDDEN', `${agent} does not allow '${op}' from ${sender === null ? 'outside' : sender.title}${reason}`,
      thrown === undefined ? undefined : { cause: thrown },
    );
  }
}

/** What `allow` makes of the check of one operation: it is asked first, once for each message. */
export function guardedBy(
  allow: Allow, agent: string, op: string, check: ((payload: unknown, from: unknown) => unknown) | null,
): (payload: unknown, from: unknown) => unknown {
  return (payload, from) => {
    if (from !== undefined) ask(allow, agent, op, from as Process | null);
    return check === null ? payload : check(payload, from);
  };
}

/** Anything but true refuses, also a throw and a promise. */
function ask(allow: Allow, agent: string, op: string, sender: Process | null): void {
  let answer: unknown;
  try {
    answer = atOnce(`${agent}.allow`, allow(sender === null ? undefined : shown(sender), op) as unknown);
  } catch (error) {
    throw new Forbidden(agent, op, sender, ': its allow threw', error ?? new Error(String(error)));
  }
  if (answer !== true) throw new Forbidden(agent, op, sender, typeof answer === 'string' ? `: ${answer}` : '');
}

function shown(p: Process): MessageSender {
  return {
    pid: p.pid, name: p.name?.name,
    definition: (p.behaviour as { readonly definition?: AnyDefinition }).definition,
  };
}
