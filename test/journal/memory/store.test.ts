import { memoryStore } from '../../../src/journal/memory/index.js';
import { storeContract } from '../store-contract.js';

storeContract('memory', () => ({ source: memoryStore() }));
