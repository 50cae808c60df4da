/** What a child and a tree are said to be, and the decision to restart. */
export { BRUTAL_KILL, isExpectedEnd, shouldRestart, shutdownText } from './decision.js';
export {
  limitFields, type Limits, limitsOf, readChild, readNested, readTaskChild,
} from './options.js';
export {
  agentSpec, type AnyChildSpec, checkChildSpecs, checkFlags, checkId, checkTree, child,
  type ChildFields, ChildSpec, shutdownOf, significantOf, type SupervisorSpec, type Tree,
  withChildren,
} from './spec.js';
