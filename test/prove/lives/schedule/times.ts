export const DAY_MS = 86_400_000;
/** Between two lives; each sees so many new times of a daily schedule, and none meanwhile. */
export const DAYS_A_LIFE = 3;
export const POLICIES = ['skip', 'once', 'all'] as const;

/** What is done with an id: reminded of at its moment, taken back before that, or a function's. */
export function kindOf(id: number): 'reminder' | 'cancelled' | 'job' {
  if (id % 5 === 0) return 'cancelled';
  return id % 5 === 1 ? 'job' : 'reminder';
}
