/** The engine of servers. */
export { ServerDefinition } from './definition.js';
export { inTurn, openDurable, restoredBy } from './durable.js';
export { abandonRun, AgentSelf } from './self.js';
export { plainState } from './sys.js';
