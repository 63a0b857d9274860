// Mounts directories into a jail that runs: from the namespaces around it, which belong to the person and which nothing inside can reach.
import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { promisify } from 'node:util'
import { KaroError } from '../../base/errors.ts'
import type { Mount } from './plan.ts'

const PERL = '/usr/bin/perl'
/** Numbers of setns(2) and mkdirat(2). */
const CALLS = { x64: [308, 258], arm64: [268, 34] } as const
/** Milliseconds for all mounts, which take a few. */
const WITHIN_MS = 10_000

/**
 * Words: those numbers; a process around the jail and one in it; then for each mount the path outside and inside, 1 if it may be changed, device and
 * inode. Each mount is made apart (open_tree(2)), read-only, and put in its place (move_mount(2)). Only when all are in place are those opened for writing
 * that may be changed, so that nothing that is guarded can be written meanwhile. A place that is missing is made first. The root of the jail is read-only,
 * so there it is made through a second mount of that root, which nobody else sees.
 */
const WIDEN = String.raw`
sub checked { my ($what, $call, @words) = @_; my $got = syscall $call, @words; $got >= 0 || die "$what: $!\n"; $got }
my ($setns, $mkdirat, $outer, $inner, @mounts) = map { /^\d+$/ ? $_ + 0 : $_ } @ARGV;
my ($own, $slash) = ('', '/');
sub enter { my ($process, $kind, $flag) = @_; sysopen(my $space, "/proc/$process/ns/$kind", 0) || die "$kind: $!\n"; $space }
my ($user, $around, $jail) = (enter($outer, 'user'), enter($outer, 'mnt'), enter($inner, 'mnt'));
# CLONE_NEWUSER and CLONE_NEWNS.
checked('no rights around the jail', $setns, fileno $user, 0x10000000);
checked('no way around the jail', $setns, fileno $around, 0x20000);
# OPEN_TREE_CLONE, O_CLOEXEC and AT_RECURSIVE, and not through a link.
sub tree { my ($path, $how) = @_; checked($path, 428, -100, $path, 02000001 | 0x100 | $how) }
# Of the mount alone: what it is from now on, and what it is no longer (MOUNT_ATTR_RDONLY 1, NOSUID 2, NODEV 4).
sub become { my ($tree, $on, $off, $how) = @_; my $words = pack 'QQQQ', $on, $off, 0, 0;
  checked('a mount', 442, $tree, $own, 0x1000 | $how, $words, 32) }
my @made;
while (my ($from, $to, $write, $device, $inode) = splice @mounts, 0, 5) {
  my $tree = tree($from, 0x8000);
  my @is = stat "/proc/self/fd/$tree";
  $is[0] eq $device && $is[1] eq $inode || die "$from: it was replaced meanwhile\n";
  become($tree, 6, 0, 0x8000);
  become($tree, 1, 0, $write ? 0 : 0x8000);
  push @made, [$tree, $to, $write];
}
checked('no way into the jail', $setns, fileno $jail, 0x20000);
my $root = tree($slash, 0);
become($root, 0, 1, 0);
for (@made) {
  my ($tree, $to) = @$_;
  my $at = '';
  for my $name (split m{/}, substr $to, 1) {
    $at .= "/$name";
    next if lstat $at;
    mkdir($at) && next;
    my $below = substr $at, 1;
    checked($at, $mkdirat, $root, $below, 0755);
  }
  # MOVE_MOUNT_F_EMPTY_PATH.
  checked($to, 429, $tree, $own, -100, $to, 4);
}
for (@made) { become($_->[0], 0, 1, 0) if $_->[2] }
`

/** Rejects with KaroError `unavailable` where the kernel refuses a mount; the jail may change none of the directories then. */
export async function mountInside(
  { outer, inner }: { readonly outer: number; readonly inner: number },
  mounts: readonly Mount[],
): Promise<void> {
  const words = mounts.flatMap(({ from, to, write }) => {
    const { dev, ino } = statSync(from, { bigint: true })
    return [from, to, write ? 1 : 0, dev, ino]
  })
  const calls = CALLS[process.arch as keyof typeof CALLS]
  await promisify(execFile)(PERL, ['-e', WIDEN, '--', ...[...calls, outer, inner, ...words].map(String)], {
    cwd: '/',
    env: {},
    timeout: WITHIN_MS,
  }).catch((error: Error & { readonly stderr?: string }) => {
    throw new KaroError(
      'unavailable',
      `the kernel refuses to mount into the jail: ${error.stderr?.trim() || error.message}`,
      { where: 'karo run allow' },
    )
  })
}
