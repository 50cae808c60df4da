/** The engine of servers. */
export { ServerDefinition } from './definition.js';
export { AgentSelf } from './self.js';
export { plainState } from './sys.js';
