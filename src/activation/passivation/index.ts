/** Who rests, and who leaves first. */
export {};
