/** Event managers and their handlers. The door of `castcall/events`. */
export type {
  AnyEventHandler, EventHandler, EventHandlerSpec, EventManagerDefinition, EventManagerRef,
  HandlerEnd, HandlerId, HandlerInfo, HandlerInit, HandlerKey, HandlerSelf, HandlerState,
} from '../../api/events.js';
export { defineEventHandler, EventManager, HandlerExit } from './index.js';
