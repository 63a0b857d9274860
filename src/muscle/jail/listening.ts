// How a program in Perl hears of system calls in a jail and answers them for the kernel (seccomp_unotify(2)).

/**
 * Subroutines for a program that has `fail`, and `answer` for one call, and that becomes the parent of the command: `open_calls` reads the file of
 * `heldFile`, `watched` is called in the command and `heed` in the parent, which answers until one of the descriptors is ready. `watched` is false
 * where the kernel has no such listener (before Linux 5.19), or the jail is watched already.
 */
export const LISTENING = String.raw`
sub life { my $life = syscall(434, $_[0], 0); fail 'no process' if $life < 0; $life }
# Which of the descriptors is ready first.
sub first { my $bits = ''; vec($bits, $_, 1) = 1 for @_; 1 while select($bits, undef, undef, undef) < 0;
  for (@_) { return $_ if vec($bits, $_, 1) } }
my ($seccomp, $sendmsg, $recvmsg, $memfd, $source, $watching, $near, $far, $listener, %calls, %at);
sub inode { my @is = stat $_[0]; @is ? "$is[0]:$is[1]" : '' }
sub slurp { my ($text, $file) = (''); sysopen($file, $_[0], 0) && sysread $file, $text, $_[1] // 1 << 25; $text }
# Returns the names that the file holds besides.
sub open_calls {
  open($source, '<&=', $_[0]) && fcntl($source, 2, 1) || fail 'no code';
  (my ($numbers, $calls), $watching, my @names) = unpack '(N/a)*', do { local $/; <$source> };
  ($seccomp, $sendmsg, $recvmsg, $memfd) = map { $_ + 0 } split ' ', $numbers;
  for (split ',', $calls) { my ($number, @words) = split ' '; $calls{$number} = \@words }
  socketpair($near, $far, 1, 1, 0) || fail 'no sockets';
  @names;
}
sub watched {
  my ($byte, $length) = (' ', length($watching) / 8);
  # With a listener, and not to be disturbed by signals while it is asked.
  my $fd = syscall($seccomp, 1, 8 | 32, pack('Sx6P', $length, $watching));
  return 0 if $fd < 0;
  my ($part, $rights) = (pack('PQ', $byte, 1), pack('Qlllx4', 20, 1, 1, $fd));
  syscall($sendmsg, fileno $far, pack('x16PQPQx8', $part, 1, $rights, length $rights), 0) == 1 || fail 'no listener';
  open(my $own, '<&=', $fd);
}
sub heed {
  my ($ready, $byte, $rights) = (0, ' ', "\0" x 24);
  my $part = pack 'PQ', $byte, 1;
  close $far;
  $ready = first @_, fileno $near;
  return $ready if $ready != fileno $near || syscall($recvmsg, $ready, pack('x16PQPQx8', $part, 1, $rights, 24), 0) != 1;
  open($listener, '+<&=', unpack 'x16l', $rights) || fail 'no listener';
  # On the same processor, which takes a third of the time; before Linux 6.6 there is no such flag.
  ioctl $listener, 0x40082104, 1;
  answer() while ($ready = first @_, fileno $listener) == fileno $listener;
  $ready;
}
# The next call: its id, process, number and arguments; nothing where the process gave it up.
sub notice { my $notice = "\0" x 80; ioctl($listener, 0xc0502100, $notice) || return; unpack 'QLx4lx12q6', $notice }
# Answers the call of that id: value, error, and whether the kernel goes on with it.
sub reply { my $answer = pack 'QqlL', @_; ioctl($listener, 0xc0182101, $answer) }
sub memory { my ($pid, $mode) = @_; sysopen(my $memory, "/proc/$pid/mem", $mode) || return; $memory }
# The words at that place of the process, up to a zero.
sub said {
  my ($pid, $at) = @_;
  my ($text, $memory) = ('', memory($pid, 0));
  $memory && sysseek($memory, $at, 0) && sysread($memory, $text, 4096) && $text =~ s/\0.*//s ? $text : '';
}
# The whole path of those words, which begin at that directory of the process; a directory in %at, by its inode, has the path that stands there.
sub whole {
  my ($pid, $above, $text) = @_;
  $above = unpack 'l', pack 'q', $above;
  my $from = "/proc/$pid/" . ($above == -100 ? 'cwd' : "fd/$above");
  $from = $text =~ m{^/} ? '' : $at{inode $from} // readlink $from;
  my @parts;
  for (split m{/+}, "$from/$text") { if ($_ eq '..') { pop @parts } elsif ($_ ne '' && $_ ne '.') { push @parts, $_ } }
  join '/', '', @parts;
}
`
