import type { Control } from '../../api/returns.js';
import { Run } from '../../process/record/index.js';
import type { Process } from '../../process/record/index.js';

/*
 * Development: a control value does something only when the handler returns it. `self.refuse('NO_FUNDS');` as a
 * statement refuses nothing, and the caller gets whatever comes after it.
 */

/** What each self has made since its last handler returned. */
const made = new WeakMap<object, { readonly control: Control; readonly verb: string }[]>();

/** Whether one of its handlers runs or awaits: what it makes now can still be returned. */
export function handles(p: Process): boolean {
  return p.run === Run.Running || p.run === Run.Parked;
}

/** Keeps what a verb has made; false when nobody can return it, of which is warned. */
export function noteMade(p: Process, self: object, verb: string, control: Control): boolean {
  if (!handles(p)) {
    const text =
      `self.${verb}(…) was called in '${p.behaviour.name}' while none of its handlers runs: it does nothing; send the agent a message whose handler returns it`;
    p.kernel.warnOnce(`outside ${p.behaviour.name} ${verb}`, text, {
      definition: p.behaviour.name, pid: p.pid,
    });
    return false;
  }
  const list = made.get(self);
  if (list === undefined) made.set(self, [{ control, verb }]);
  else list.push({ control, verb });
  return true;
}

/** A handler has returned: warns of control values that it made and left. */
export function checkReturned(p: Process, self: object, where: string, result: unknown): void {
  const list = made.get(self);
  if (list === undefined) return;
  made.delete(self);
  if (list.some(({ control }) => control === result)) return;
  const verb = list.at(-1)?.verb ?? '';
  const text =
    `${where} of '${p.behaviour.name}' called self.${verb}(…) and did not return what it made: it does nothing; write return self.${verb}(…)`;
  p.kernel.warnOnce(
    `unreturned ${p.behaviour.name} ${where} ${verb}`, text, { definition: p.behaviour.name, pid: p.pid },
  );
}
