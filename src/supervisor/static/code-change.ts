import { disown, isThenable, OptionError } from '../../base/index.js';
import type { Tree } from '../spec/index.js';
import { treeFrom, type SupervisorInit } from './source.js';
import { flagsOf, type SupervisorState } from './state.js';

/**
 * The code of a supervisor changes (SU-53): its spec function runs again, or the spec (or function)
 * that is given takes its place. Flags are replaced, the specs of children with a known id are
 * updated, new ones are added and not started, those that are no longer mentioned are kept, behind
 * the others. Nothing is started, stopped or restarted now.
 */
export function changeCode(state: SupervisorState, extra: unknown): SupervisorState {
  const given: unknown = extra === undefined || extra === null ? state.make : extra;
  if (given === null) return state;
  if (typeof given !== 'function') return changeTree(state, treeFrom(given));
  const made = (given as SupervisorInit)() as unknown;
  disown(made);
  if (isThenable(made)) {
    throw new OptionError('codeChange', 'a promise', 'a spec function that returns its spec at once');
  }
  state.make = given as SupervisorInit;
  return made === 'ignore' ? state : changeTree(state, treeFrom(made));
}

function changeTree(state: SupervisorState, tree: Tree): SupervisorState {
  const { family } = state;
  const before = family.from();
  const mentioned = new Set(tree.children.map((spec) => spec.id));
  const known = new Map(before.map((child) => [child.spec.id, child]));
  for (const child of before) family.remove(child);
  for (const spec of tree.children) {
    const child = known.get(spec.id);
    if (child === undefined) {
      family.add(spec);
      continue;
    }
    child.spec = spec;
    child.plan = spec.plan;
    family.append(child);
  }
  for (const child of before) if (!mentioned.has(child.spec.id)) family.append(child);
  state.tree = { ...flagsOf(tree), partitions: state.tree.partitions };
  state.intensity = state.intensity.with(tree.intensity, tree.periodMs);
  return state;
}
