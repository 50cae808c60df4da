/** What happens again and again: at an interval, or at the times of a cron expression. */
export { Schedules } from './schedules.js';
