import { activationVariant } from './activation/witness.js';
import { compactionVariant } from './compaction/witness.js';
import { queueVariant } from './queue/witness.js';
import { scheduleVariant } from './schedule/witness.js';
import { topicVariant } from './topic/witness.js';
import type { Variant } from './variant.js';

export const variants: readonly Variant[] = [
  topicVariant, scheduleVariant, queueVariant, activationVariant, compactionVariant,
];
