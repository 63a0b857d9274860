// The program that becomes a jail by Landlock: a few lines of Perl, because a process can only lock itself, and Perl can and is small.
import { HOLD } from './hold.ts'

/**
 * Three processes. The keeper leads a Landlock domain of its own, in which signals stay; so does the second keeper, inside it; the command's
 * domain is inside both. `kill -1` of a keeper therefore reaches every process of the jail and no other, in one step of the kernel
 * that no fork outruns. Each of the two ends the jail when the other is gone, so one `kill -9` leaves nothing behind. As subreapers they are
 * given what daemons leave behind, and end only when there is no child any more.
 *
 * The command leads a session of its own. In that of the keepers it could leave a stopped process in their process group without a parent, and
 * the kernel itself, which no domain holds back, would end both keepers with SIGHUP. Both ignore that signal besides.
 *
 * On the line the Muscle says the limit of tasks of each process, because the keeper is of the same user, and may set it.
 *
 * Descriptors: 3 is the gate, then secrets, then the file of names where the jail holds code, then the filter, then the line to the Muscle, whose end ends
 * the jail. The second keeper holds it. Words: MARK, whether there is code (1 or 0), the numbers of the line, of prctl(2), prlimit64(2) and setsid(2); then lists, each behind its length: rules (rights, path, device,
 * inode; the last two are empty for the system's own), limits (number, soft, hard; without the last it stays), environment (name, value); then the directory, and the command.
 */
export const LAUNCHER = String.raw`
sub fail { print STDERR "$_[0]: $!\n"; exit 125 }
${HOLD}
sub list { splice @ARGV, 0, shift @ARGV }
my ($mark, $holds, $line, $prctl, $prlimit, $setsid) = map { /^\d+$/ ? $_ + 0 : $_ } splice @ARGV, 0, 6;
my ($rules, $limits, $environment) = ([list], [list], [list]);
my $cwd = shift @ARGV;
my $filter = '';
open(my $calls, '<&=', $line - 1) || fail 'no filter';
sysread($calls, $filter, 65536) || fail 'no filter';
close $calls;
open(my $gate, '+<&=', 3) || fail 'no gate';
open(my $muscle, '+<&=', $line) || fail 'no line';

sub restrict {
  my ($files, $network, $scopes, @rules) = @_;
  my $set = syscall(444, pack('Q3', $files, $network, $scopes), 24, 0);
  fail 'no Landlock' if $set < 0;
  while (my ($rights, $path, $device, $inode) = splice @rules, 0, 4) {
    # O_PATH and O_CLOEXEC: the place itself, which is compared with what was judged, and not read.
    sysopen(my $place, $path, 0x280000) || fail $path;
    my @stat = stat $place;
    if ($device ne '' && ($stat[0] ne $device || $stat[1] ne $inode)) {
      syswrite $gate, "moved $path\n";
      exit 125;
    }
    syscall(445, $set, 1, pack('Ql', $rights, fileno $place), 0) == 0 || fail "no rule for $path";
  }
  syscall(446, $set, 0) == 0 || fail 'no Landlock';
  open(my $done, '<&=', $set);
}
# A domain for signals alone. Whatever moves files between directories is forbidden by any that does not allow it.
sub keep { restrict(1 << 13, 0, 2, 1 << 13, '/', '', '') }
# The tasks of a process, as the Muscle says; the hard limit stays.
sub limit {
  my ($pid, $most, $old) = (@_, "\0" x 16);
  syscall($prlimit, $pid, 6, 0, $old) == 0 || return;
  my $hard = (unpack 'Q2', $old)[1];
  syscall($prlimit, $pid, 6, pack('Q2', $most < $hard ? $most : $hard, $hard), 0);
}
# Of the own domain every process but this one, and until none is left.
sub sweep { kill 9, -1; 1 while wait != -1 }
sub release { close STDIN; close STDOUT; close STDERR unless $_[0]; close $gate;
  for (4 .. $line - 2) { open(my $secret, '<&=', $_) || next; close $secret } }

# No new privileges; whoever loses its parent in the jail becomes a child of this one.
syscall($prctl, 38, 1, 0, 0, 0) == 0 && syscall($prctl, 36, 1, 0, 0, 0) == 0 || fail 'no privileges could be given up';
$SIG{HUP} = 'IGNORE';
keep;
my $keeper = $$;
my $second = fork;
fail 'no process' unless defined $second;
if ($second) {
  my $its = life($second);
  release;
  my ($words, $ready) = ('');
  while (($ready = first($line, $its)) == $line && sysread $muscle, $words, 4096, length $words) {
    while ($words =~ s/^(\d+) (\d+)\n//) { limit($1 + 0, $2 + 0) }
  }
  if ($ready == $its && waitpid($second, 0) == $second && ($? & 127) == 0) { my $how = $? >> 8; sweep; exit $how }
  sweep;
  kill 9, $$;
}

my $its = life($keeper);
getppid == $keeper || exit 125;
keep;
syscall($prctl, 36, 1, 0, 0, 0) == 0 || fail 'no process could be kept';
take($line - 2) if $holds;
my $command = fork;
fail 'no process' unless defined $command;
if ($command) {
  my $life = life($command);
  release $holds;
  if (($holds ? heed($its, $life) : first($its, $life)) == $life && waitpid($command, 0) == $command) {
    my $how = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    sweep;
    exit $how;
  }
  sweep;
  exit 125;
}

close $muscle;
syscall($setsid) > 0 || fail 'no session';
$SIG{HUP} = 'DEFAULT';
begin_in($cwd);
while (my ($resource, @most) = splice @$limits, 0, 3) {
  my $old = "\0" x 16;
  syscall($prlimit, 0, $resource + 0, 0, $old) == 0 || fail 'a limit is not told';
  $most[1] = (unpack 'Q2', $old)[1] if $most[1] eq '';
  $most[0] = $most[1] if $most[0] > $most[1];
  syscall($prlimit, 0, $resource + 0, pack('Q2', @most), 0) == 0 || fail 'a limit was refused';
}
my ($files, $network, $scopes, @rest) = @$rules;
restrict($files, $network, $scopes, @rest);
watched || fail 'no listener for system calls' if $holds;
my $length = length($filter) / 8;
syscall($prctl, 22, 2, pack('Sx6P', $length, $filter), 0, 0) == 0 || fail 'no filter for system calls';
syswrite $gate, "ready\n";
my $go = '';
sysread($gate, $go, 3);
$go eq "go\n" || exit 125;
%ENV = @$environment;
close $gate;
exec { $ARGV[0] } @ARGV;
# ENOENT is 2.
my $code = $! == 2 ? 127 : 126;
print STDERR "$ARGV[0]: $!\n";
exit $code;
`
