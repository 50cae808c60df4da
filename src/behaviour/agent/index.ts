/** Agents. */
export { type AgentSpec, defineAgent, on } from './definition.js';
