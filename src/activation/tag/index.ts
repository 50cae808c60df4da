/** Stable names of agents: bound, grouped, or absent. */
export { type Leads, TagTable } from './table.js';
export { checkTag, TagsImpl } from './tags.js';
