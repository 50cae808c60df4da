/**
 * Work that may still be done before somebody looks at the clock. A message that is handled takes
 * one, and so does each place by which a mailbox grows: who fills mailboxes gives way to those who
 * empty them. Sends that find room cost nothing here.
 */
class Credit {
  left = 0;
  /** places by which mailboxes have grown, until somebody sets it back */
  grown = 0;
}

/** The one of the program: processes of all its systems run one at a time. */
export const credit: Credit = new Credit();
