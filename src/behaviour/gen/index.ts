/** What all behaviours share. */
export { ServerSelf, dropController, Flag } from './server-self.js';
export { checkFunctions, checkKnown, checkLife } from './callbacks.js';
export { callerOf, needed } from './caller.js';
export { checkSend } from './outward/deliver.js';
export { isControl, NO_REPLY } from './control.js';
export { conclude, isParents, lastReason, terminated, terminateThrew } from './ending.js';
export { Engine } from './engine.js';
export { sameState } from './equal.js';
export { guardedController } from './guard.js';
export {
  addressOf, deliveriesOf, type Host, hostOf, processOf, refusedSend, rejected, rejectedWith, type SpawnOptions,
} from './host.js';
export {
  checkKeys, checkSignal, levelOf, nameSchema, readCall, splitArgs, startFields,
} from './options.js';
export { checkFlags, checkSpawn } from './process-options.js';
export { AgentRefImpl } from './ref.js';
export { type Instance, RuntimeDefinition, runtimeOf } from './runtime.js';
export { checkPayload, checkSchema, PayloadError } from './schema.js';
export { abandonedBy, opened, overdue, refuse } from './skipped.js';
export {
  checkArgs, equip, planAs, planOf, startAgent, startFrom, type StartPlan, startWatched,
} from './start.js';
export { handles } from './unreturned.js';
export { ProcessVerbsImpl } from './process-verbs.js';
