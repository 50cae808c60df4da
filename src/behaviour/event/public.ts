/** Event managers and their handlers. The door of `castcall/events`. */
export type {
  AnyEventHandler, EventHandler, EventHandlerSpec, EventManagerDefinition, EventManagerRef,
  HandlerEnd, HandlerId, HandlerInfo, HandlerInit, HandlerKey, HandlerSelf,
} from '../../api/events.js';
export { defineEventHandler, EventManager, HandlerExit, type HandlerState } from './index.js';
