import { journalSubject } from './journal.js';
import type { Subject } from './subject.js';

/** The levels that are looked at, the lowest first. */
export const subjects: readonly Subject[] = [journalSubject];

export function subjectOf(name: string): Subject {
  const subject = subjects.find((one) => one.name === name);
  if (subject === undefined) throw new Error(`no level '${name}', there are ${subjects.map((one) => one.name).join()}`);
  return subject;
}
