/** State machines. The door of `castcall/statem`. */
export type {
  AnyOperations, AnyStatem, Converted, HandleSpec, Initial, InsertedEvent, Operation, Outcome,
  StatemDefinition, StatemEvent, StatemInit, StatemSelf, StatemStatus, StateSpec, StatesSpec,
  Transition, When,
} from '../../api/statem.js';
export { actions, defineStatem, defineStatemHandler, operation } from './index.js';
