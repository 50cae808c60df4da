// Disks that can lose their power: an ext4 image on a loop device, and a tmpfs that is soon full.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** A file system in memory of so many MiB. */
export class Memory {
  constructor(readonly folder: string, mebibytes: number) {
    mkdirSync(folder, { recursive: true });
    run('mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder);
  }
  /** Room is made. */
  grow(mebibytes: number): void {
    run('mount', '-o', `remount,size=${mebibytes}m`, this.folder);
  }
  release(): void {
    run('umount', this.folder);
  }
}

const IMAGE_MIB = 32;

/** FS_IOC_SHUTDOWN with NOLOGFLUSH: nothing that is not on the disk gets there any more. */
const SHUTDOWN = 0x8004_587d;
const NO_LOG_FLUSH = 2;

const PERL = `open(my $d, "<", $ARGV[0]) or die $!; my $f = pack("L", ${NO_LOG_FLUSH}); `
  + `ioctl($d, ${SHUTDOWN}, $f) or die $!;`;
const PYTHON = 'import fcntl,os,struct,sys; '
  + `fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), ${SHUTDOWN}, struct.pack("I", ${NO_LOG_FLUSH}))`;

/** An ext4 on a loop device whose power can be cut. */
export class LoopDisk {
  readonly mounted: string;
  private readonly image: string;
  private up = false;

  constructor(folder: string) {
    this.image = join(folder, 'image');
    this.mounted = join(folder, 'disk');
    mkdirSync(this.mounted, { recursive: true });
  }

  /** Empty, and mounted. */
  format(): void {
    this.release();
    writeFileSync(this.image, '');
    truncateSync(this.image, IMAGE_MIB * 1_048_576);
    run('mkfs.ext4', '-q', '-F', this.image);
    this.mount();
  }

  private mount(): void {
    run('mount', '-o', 'loop', this.image, this.mounted);
    this.up = true;
  }

  /** What was written is on the disk from here on. */
  sync(): void {
    run('sync', '-f', this.mounted);
  }

  /** Without a word to the file system: what was not on the disk is gone. Mounted again afterwards. */
  cutPower(): void {
    const perl = spawnSync('perl', ['-e', PERL, this.mounted], { encoding: 'utf8' });
    if (perl.status !== 0) run('python3', '-c', PYTHON, this.mounted);
    this.release();
    this.mount();
  }

  release(): void {
    if (this.up) run('umount', this.mounted);
    this.up = false;
  }
}
