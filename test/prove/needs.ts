import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a proof wants of the machine. */
export type Need = 'linux' | 'root' | 'strace' | 'mount' | 'loop' | 'ioctl';

/** Whether a command runs and ends well. */
function works(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A container may be root and may not mount: only trying tells. */
function mounts(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'castcall-mount-'));
  const mounted = works('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
  if (mounted) works('umount', [folder]);
  rmdirSync(folder);
  return mounted;
}

const TRIED: Readonly<Record<Need, () => boolean>> = {
  linux: () => process.platform === 'linux',
  root: () => process.getuid?.() === 0,
  strace: () => works('strace', ['-qq', '-o', '/dev/null', 'true']),
  mount: mounts,
  loop: () => works('losetup', ['-f']) && works('mkfs.ext4', ['-V']),
  ioctl: () => works('perl', ['-e', '1']) || works('python3', ['-c', 'import fcntl']),
};

const FIX: Readonly<Record<Need, string>> = {
  linux: 'Linux',
  root: 'root',
  strace: 'strace that may trace (apt-get install strace)',
  mount: 'the right to mount a tmpfs',
  loop: 'a free loop device and mkfs.ext4 (apt-get install e2fsprogs)',
  ioctl: 'perl or python3, for one ioctl',
};

/** What is missing for those needs, in words; empty when nothing is. */
export function missing(needs: readonly Need[]): string[] {
  const all = needs.includes('linux') && !TRIED.linux() ? ['linux' as const] : needs.filter((need) => !TRIED[need]());
  return all.map((need) => FIX[need]);
}
