/**
 * Options of `sqlite`.
 *
 * @since 0.2.0
 */
export interface SqliteOptions {
  /**
   * How safe what was committed is: `disk` syncs each commit and survives the loss of power;
   * `process` does not, and survives the death of the program only, which is faster for a single
   * commit. Default `disk`.
   */
  readonly level?: 'disk' | 'process';
  /**
   * Bytes of the database that may be in use, at least 1 MiB; the WAL comes on top, some 32 MiB. At
   * 95 % what only adds is refused with `STORE_FULL`, before the disk is full; what removes
   * something always goes. Default: no limit.
   */
  readonly bytesMax?: number;
  /**
   * What to do when damage is found while it is opened: `refuse` fails with `STORE_CORRUPT` and
   * changes nothing; `open` goes on with what is left, and tells the findings. Default `refuse`.
   */
  readonly damaged?: 'refuse' | 'open';
  /**
   * Bytes of a database up to which SQLite checks its structure each time that it is opened, some
   * 1 to 2 ms a MiB; 0 for never. Larger ones are checked on demand. Default 64 MiB.
   */
  readonly checkBytesMax?: number;
}
