/** Topics: what is published reaches every current subscriber. */
export { TopicImpl } from './topic.js';
export { Topics } from './topics.js';
