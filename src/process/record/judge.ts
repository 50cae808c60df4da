/** Says of a rejection whether it is castcall's own word. */
export interface Judge {
  ours(error: unknown): boolean;
}
