// What notices in a jail that its command could not change a file: a program in Perl that tells which, and lets the kernel go on.
import { LISTENING } from './listening.ts'

/**
 * For a program that has `fail`. From here on it is two processes: the first one listens, and the program goes on in the second one, which starts the
 * command and calls `watched` in it. A path that a read-only mount refuses, or whose directory is not in the jail, is told on descriptor 3 as `d`, the
 * path and a zero byte, once for each directory. Words: the number of prctl(2), and the descriptor of `heldFile` with the filter `changesFilter`.
 * Where the kernel has no listener nothing is told. `tell_denied` looks at what of the path is there: if it may be written and two names or more are
 * missing behind it, the directory of the file is not in the jail.
 */
export const DENIALS = String.raw`
${LISTENING}
my %told;
sub tell_denied {
  my ($path) = @_;
  my ($above) = $path =~ m{^(.*)/};
  return if $told{$above} || keys %told > 1000;
  my ($there, $missing) = ($path, 0);
  until ($there eq '' || lstat $there) { $there =~ s{/[^/]*$}{}; $missing++ }
  # EROFS.
  return if POSIX::access($there eq '' ? '/' : $there, 2) ? $missing < 2 : $! != 30;
  $told{$above} = 1;
  my $text = "d$path\0";
  POSIX::write(3, $text, length $text);
}
sub answer {
  my ($id, $pid, $number, @words) = notice() or return;
  my ($does, @places) = @{$calls{$number}};
  splice @places, 2 if $does eq 'open';
  while (my ($above, $at) = map { $_ eq '-' ? -100 : $words[$_] } splice @places, 0, 2) {
    my $text = said($pid, $at);
    tell_denied(whole($pid, $above, $text)) if $text ne '';
  }
  reply($id, 0, 0, 1);
}
my ($prctl, $calls) = splice @ARGV, 0, 2;
open_calls($calls);
my $command = fork // fail 'no process';
if ($command) {
  # Nobody in the jail reaches its memory.
  syscall($prctl + 0, 4, 0, 0, 0, 0);
  POSIX::close($_) for 0 .. 2;
  heed(life($command));
  waitpid $command, 0;
  POSIX::_exit($? & 127 ? 128 + ($? & 127) : $? >> 8);
}
close $near;
`
