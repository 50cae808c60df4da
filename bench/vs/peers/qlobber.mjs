// qlobber: a trie of topics with wildcards, and nothing else; each match is one operation.
import { Qlobber } from 'qlobber';
import { expectCount, perSecond, now } from './suite.mjs';

const PATTERNS = 100_000;
const patternOf = (n) => (n % 4 === 3 ? `*.agent${n >> 2}.done` : `tenant${n % 1_000}.agent${n >> 2}.*`);
const nameOf = (n) => `tenant${n % 1_000}.agent${n >> 2}.done`;

export const measurements = {
  topic_match_100k: (size) => {
    const matcher = new Qlobber();
    for (let n = 0; n < PATTERNS; n++) matcher.add(patternOf(n), n);
    let found = 0;
    const started = now();
    for (let n = 0; n < size; n++) found += matcher.match(nameOf((n * 7) % PATTERNS)).length > 0 ? 1 : 0;
    const rate = perSecond(size, started);
    expectCount('names that fit a pattern', found, size);
    return Promise.resolve(rate);
  },
};
