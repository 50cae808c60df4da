/** A store without a file, and the image of rows and records that it works on. */
export { Image } from './image.js';
export { MemoryStore, memoryStore } from './store.js';
