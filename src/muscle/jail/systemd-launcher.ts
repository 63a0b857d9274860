// How a jail gets into a unit of systemd, which takes three descriptors of its starter and no more: two small programs of Perl.

/** Numbers of sendmsg(2) and recvmsg(2), by machine. */
export const CALLS = { x64: [46, 47], arm64: [211, 212] } as const

/** Makes a message of one byte that carries descriptors (unix(7), SCM_RIGHTS), as sendmsg(2) and recvmsg(2) take it. */
export const MESSAGE = String.raw`
sub fail { print STDERR "$_[0]: $!\n"; exit 125 }
my ($call, $byte, $control, $part) = (shift(@ARGV) + 0, ' ');
sub message { $control = $_[0]; $part = pack 'PQ', $byte, 1; pack 'x16PQPQx8', $part, 1, $control, length $control }
sub release { for (@_) { open(my $one, '<&=', $_) || next; close $one } }
`

/**
 * Sends its descriptors on a socket that becomes its standard input, and becomes systemd-run, which hands that socket and the streams for
 * output to the unit. Words: the number of sendmsg(2), that of the line to the Muscle, and the command.
 * Descriptors: 0 is the input, 3 the gate, then secrets, then files of bubblewrap, its words, and the line. It sends the last two the other way
 * round, and the input behind them.
 */
export const SENDER = String.raw`${MESSAGE}
my $line = shift @ARGV;
my @given = (3 .. $line - 2, $line, $line - 1, 0);
socketpair(my $near, my $far, 1, 1, 0) || fail 'no socket';
my $rights = pack 'Qll(l)*', 16 + 4 * @given, 1, 1, @given;
$rights .= "\0" x (-length($rights) % 8);
syscall($call, fileno $near, message($rights), 0) == 1 || fail 'no descriptors were sent';
release 3 .. $line;
open(STDIN, '<&', $far) || fail 'no input';
exec { $ARGV[0] } @ARGV;
fail $ARGV[0];
`

/**
 * The main process of the unit: takes the descriptors, which have the numbers that bubblewrap is told because nothing else is open, and starts
 * it. It tells the Muscle that it is there, and ends when bubblewrap has ended, of which it tells the exit code unless it was killed, or when the
 * Muscle is gone. Systemd ends the rest then.
 * It is outside of the namespaces of the jail, where nothing reaches it. Words: the number of recvmsg(2), and the mark.
 */
const KEEPER = String.raw`${MESSAGE}
my $message = message("\0" x 256);
syscall($call, 0, $message, 0) == 1 || fail 'no descriptors came';
my ($length, undef, undef, @given) = unpack 'Qll(l)*', $control;
splice @given, ($length - 16) / 4;
my ($words, $input) = splice @given, -2;
my $last = @given + 2;
"@given" eq "@{[3 .. $last]}" || fail 'descriptors are open already';
open(my $line, '>&', $last) || fail 'no line';
syswrite $line, "kept\n";
open(my $file, '<&=', $words) || fail 'no words';
my @words = split /\0/, do { local $/; <$file> }, -1;
pop @words;
open(STDIN, "<&$input") || fail 'no input';
close $file;
release $input;
my $command = fork;
fail 'no process' unless defined $command;
exec { $words[0] } @words or fail $words[0] unless $command;
my $life = syscall 434, $command, 0;
fail 'no process' if $life < 0;
close STDIN; close STDOUT; close STDERR;
release 3 .. $last - 1;
my ($bits, $ready) = ('');
vec($bits, $_, 1) = 1 for $last, $life;
1 while select($ready = $bits, undef, undef, undef) < 0;
if (vec($ready, $life, 1) && waitpid($command, 0) == $command && !($? & 127)) {
  syswrite $line, "ended " . ($? >> 8) . "\n";
}
else { kill 9, $command }
`

/** For systemd, which takes a dollar sign for the beginning of a variable unless it is doubled. */
export const KEEPER_WORD = KEEPER.replaceAll('$', '$$$$')
