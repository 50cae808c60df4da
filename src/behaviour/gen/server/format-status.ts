import { disown } from '../../../base/index.js';
import { HIDDEN } from '../../../base/text/index.js';
import type { Behaviour, Process } from '../../../process/record/index.js';
import type { AgentStatus } from '../../../api/definition.js';
import type { ServerDefinition } from './definition.js';

export const definitionOf = (p: Process): ServerDefinition =>
  (p.behaviour as Behaviour & { readonly definition: ServerDefinition }).definition;

type Fields = { -readonly [K in keyof AgentStatus]?: AgentStatus[K] };

/**
 * What a definition's `formatStatus` makes of an agent's inner values, for everything that shows them to others
 * (GS-42). Without one they are shown as they are. When it throws or returns junk the raw values are not shown.
 */
export function formatted<F extends Fields>(p: Process, given: F): F {
  const { name, formatStatus } = definitionOf(p);
  if (formatStatus === null) return given;
  try {
    const made: unknown = formatStatus(given as never);
    disown(made);
    if (typeof made === 'object' && made !== null && !Array.isArray(made)
      && Object.keys(made).every((key) => key in given)) {
      return replaced(
        given,
        (key) => (Object.hasOwn(made, key) ? (made as Record<string, unknown>)[key] : HIDDEN),
      );
    }
  } catch {
    return replaced(given, () => `[${name}: formatStatus threw]`);
  }
  return replaced(given, () => `[${name}: formatStatus returned no status]`);
}

function replaced<F extends Fields>(given: F, by: (key: string) => unknown): F {
  return Object.fromEntries(Object.keys(given).map((key) => [key, by(key)])) as F;
}
