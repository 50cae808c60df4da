// The doorway of nanoid: nothing on the path of a message comes here.
import { customAlphabet } from 'nanoid';

const short = customAlphabet('23456789abcdefghjkmnpqrstuvwxyz', 6);

/** Six characters that tell two systems of one name apart within a machine's life; not a secret. */
export function newNonce(): string {
  return short();
}
