/** Agents. */
export { defineAgent, on } from './definition.js';
