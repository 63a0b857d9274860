// What answers in a jail for the kernel when its command opens code: a program in Perl, which gives the bytes that were let through, whatever lies at the path.
import { watchingFilter } from '../seccomp/filter.ts'
import { type Machine, WATCHED } from '../seccomp/syscalls.ts'
import { LISTENING } from './listening.ts'

/** What a name that leads to code has: every directory, link and file on the way is one. */
export interface Name {
  readonly path: string
  /** `content`: a file, which is what `data` says. `place`: a directory, or a file that is too large to be copied, with the device and inode in `data`. */
  readonly kind: 'content' | 'place' | 'missing'
  /** The jail may write there: once it has done so itself, the name leads to what the machine has. */
  readonly free: boolean
  /** Of a link. */
  readonly target?: string
  readonly data?: Buffer | string
}

/** Numbers of seccomp(2), sendmsg(2), recvmsg(2) and memfd_create(2), by machine. */
const CALLS = { x64: [317, 46, 47, 319], arm64: [277, 211, 212, 279] } as const

/** The file that `take` reads, with the filter that has it asked. */
export function heldFile(
  names: readonly Name[],
  machine: Machine,
  filter: Buffer = watchingFilter(machine),
): Buffer {
  const calls = Object.entries(WATCHED[machine]).map(([number, words]) => `${number} ${words}`)
  const parts = [
    CALLS[machine].join(' '),
    calls.join(','),
    filter,
    ...names.flatMap(({ path, kind, free, target = '', data = '' }) => [
      ...[path, kind, free ? '1' : '', target, data],
    ]),
  ].map((part) => Buffer.from(part))
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(part.length)
      return [length, part]
    }),
  )
}

/**
 * Subroutines for a program that has `fail`, and that becomes the parent of the command: `take` reads the file of names, `watched` is called in the
 * command and `heed` in the parent, which answers (seccomp_unotify(2)) until one of the descriptors is ready.
 *
 * Who swaps files meets these answers: a file or directory that is held is opened by a descriptor of the parent's; a link that is held leads where it led, and
 * what was none is none; a directory that is held keeps its path (getcwd, and as the place from which a path goes on), wherever it was moved. Two calls the kernel
 * cannot be given a descriptor for. For a program that is executed the process is stopped before its first instruction, and compared: then the kernel lets
 * nobody write into it. A change of directory is compared before the next call is answered. What differs ends the jail.
 */
export const HOLD = String.raw`
${LISTENING}
my (%held, %last, %went);
sub take {
  my @names = open_calls($_[0]);
  while (my ($path, $kind, $free, $target, $data) = splice @names, 0, 5) {
    my $handle;
    if ($kind eq 'content') {
      my ($name, $written) = ('code', 0);
      open($handle, '+<&=', syscall($memfd, $name, 3)) || fail 'no file in memory';
      while ($written < length $data) { $written += syswrite($handle, $data, length($data) - $written, $written) || fail 'no memory' }
      # No further seals, no shrinking, no growing, no writing.
      fcntl($handle, 1033, 15) || fail 'no seal';
    } elsif ($kind eq 'place') {
      # O_PATH and O_CLOEXEC. What is gone is missing.
      sysopen($handle, $path, 0x280000) && ($data eq '' || $data eq inode $handle) || undef $handle;
      $data = '';
      $at{inode $handle} = $path if $handle && -d $handle;
    }
    $held{$path} = { path => $path, handle => $handle, free => $free, target => $target, data => $data };
    $last{$path =~ s{.*/}{}sr} = 1;
  }
}
# Where the command begins, which is the directory that is held.
sub begin_in { my ($cwd) = @_; chdir($held{$cwd} ? $held{$cwd}{handle} || fail $cwd : $cwd) || fail $cwd }
sub put { my ($pid, $at, $text) = @_; my $memory = memory($pid, 2) || return; sysseek($memory, $at, 0) && syswrite $memory, $text }
# The path that a process names, as what is held has it, and in its own words; nothing where that cannot be code.
sub named {
  my ($pid, $above, $at) = @_;
  my $text = said($pid, $at);
  $text ne '' && $text =~ m{([^/]*)/*$} && ($last{$1} || $1 =~ /^\.{0,2}$/) || return;
  (whole($pid, $above, $text), $text);
}
sub process { my ($pid) = @_; inode("/proc/$pid/exe") . "\0" . slurp("/proc/$pid/cmdline") }
# As the kernel puts interpreters in front of a script.
sub interpreted { my ($data, @words) = @_;
  $data =~ /^#![ \t]*([^ \t\n\0]+)[ \t]*([^\n\0]*?)[ \t]*(?:[\n\0]|$)/ || return @words;
  my @more = ($1, $2 eq '' ? () : $2);
  interpreted(slurp($1, 256), @more, @words) }
sub over { print STDERR "$_[0] has changed since it was let through\n"; kill 9, -1; exit 125 }
sub answer {
  my ($id, $pid, $number, @words) = notice() or return;
  my $reply = sub { reply($id, @_) };
  my $go_on = sub { $reply->(0, 0, 1) };
  for my $other (keys %went) {
    my ($before, $one) = @{$went{$other}};
    my $now = inode("/proc/$other/cwd");
    over($one->{path}) if $now ne $before && $now ne '' && $now ne inode $one->{handle};
    delete $went{$other} if $now ne $before || $other == $pid;
  }
  my ($does, @places) = @{$calls{$number}};
  my ($above, $at, @more) = map { $_ eq '-' ? -100 : $words[$_] } @places;
  if ($does eq 'change') {
    for (; defined $at; ($above, $at, @more) = @more) {
      my ($path) = named($pid, $above, $at);
      for (defined $path ? keys %held : ()) { delete $held{$_} if $held{$_}{free} && index("$_/", "$path/") == 0 }
    }
    return $go_on->();
  }
  if ($does eq 'where') {
    my $path = $at{inode "/proc/$pid/cwd"};
    my $whole = defined $path && length($path) < $more[0] && put($pid, $at, "$path\0");
    return $whole ? $reply->($whole, 0, 0) : $go_on->();
  }
  my ($path, $text) = named($pid, $above, $at);
  my $one = defined $path ? $held{$path} : undef;
  return $go_on->() unless $one;
  my ($handle, $data) = @$one{qw(handle data)};
  # O_CREAT, O_TRUNC and the two bits for writing.
  if ($does eq 'open' && $more[0] & 01103) {
    # Only where that can succeed: O_CREAT and O_EXCL by what is there, all else is tried, with O_NONBLOCK and O_CLOEXEC.
    my ($is, $new, $only) = (scalar(lstat $path), $more[0] & 0100, $more[0] & 0200);
    my $can = !$is ? $new : !$only && $one->{free} && sysopen my $tried, $path, $more[0] & ~0300 | 02004000;
    delete $held{$path} if $can && $one->{free} && !$at{inode $handle};
    return $go_on->();
  }
  return $reply->(0, -2, 0) unless $handle;
  if ($does eq 'link') {
    my $target = substr $one->{target}, 0, $more[1];
    return $reply->(0, -22, 0) if $target eq '';
    return $reply->(put($pid, $more[0], $target) || 0, 0, 0);
  }
  if ($does eq 'open') {
    # Not O_NOFOLLOW, because the way to the descriptor is a link.
    sysopen(my $opened, '/proc/self/fd/' . fileno $handle, $more[0] & ~0500000) || return $reply->(0, -$!, 0);
    # As the answer, and with O_CLOEXEC where that was asked for.
    my $added = pack 'QL4', $id, 2, fileno $opened, 0, $more[0] & 02000000;
    return ioctl($listener, 0x40182103, $added) || $reply->(0, -$!, 0);
  }
  if ($does eq 'enter') { $went{$pid} = [inode("/proc/$pid/cwd"), $one]; return $go_on->() }
  my $before = process $pid;
  kill 'STOP', $pid;
  $go_on->();
  select undef, undef, undef, 0.0001 while slurp("/proc/$pid/stat") =~ /.*\) [^TtXZ]/s;
  my $now = process $pid;
  my $exe = inode "/proc/$pid/exe";
  my @words = interpreted $data, $text;
  my $same = $exe eq '' || $now eq $before || (@words > 1 ? index($now, join "\0", $exe, @words, '') == 0
    : $data eq '' ? $exe eq inode $handle : slurp("/proc/$pid/exe") eq $data);
  $same ? kill('CONT', $pid) : over($path);
}
`

/** What becomes the parent of the command, in a jail by bubblewrap. Words: the number of prctl(2), the descriptor of the file, and the directory. */
export const HOLDER = `
${HOLD}
my ($prctl, $code, $cwd) = splice @ARGV, 0, 3;
my @given = grep { -e "/proc/self/fd/$_" } 3 .. $code;
take($code);
begin_in($cwd);
my $command = fork;
fail 'no process' unless defined $command;
if ($command) {
  # Nobody in the jail reaches its memory.
  syscall($prctl + 0, 4, 0, 0, 0, 0);
  for (0, 1, @given) { open(my $other, '<&=', $_) }
  heed(life($command));
  waitpid $command, 0;
  exit($? & 127 ? 128 + ($? & 127) : $? >> 8);
}
watched || fail 'no listener for system calls';
`
