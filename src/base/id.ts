// The doorway of nanoid: public and durable ids only. Nothing on the path of a message comes here.
import { customAlphabet, nanoid } from 'nanoid';

const short = customAlphabet('23456789abcdefghjkmnpqrstuvwxyz', 6);

/** A new unguessable id of 21 characters. */
export function newId(): string {
  return nanoid();
}

/** Six characters that tell two systems of one name apart within a machine's life; not a secret. */
export function newNonce(): string {
  return short();
}
