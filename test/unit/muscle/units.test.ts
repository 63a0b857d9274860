// Jails in units of systemd without a systemd: a stand-in for systemd-run starts the real keeper, which starts a stand-in for bubblewrap.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDescriptors } from '../../../src/base/kernel/descriptors.ts'
import type { Jail } from '../../../src/muscle/jail/provider.ts'
import { createSystemd } from '../../../src/muscle/jail/systemd.ts'
import { jobOf, workDirectory } from '../../support/muscle/muscle.ts'

/** Runs the command of the unit, in an environment in which a Perl that obeys it does not begin. */
const UNIT = `shift while $ARGV[0] ne '--';
shift;
s/\\$\\$/\\$/g for @ARGV;
$ENV{PERL5OPT} = '-MNot::There';
my $failed = system @ARGV;
`
const TOLD = 'exit($failed ? 1 : 0);'
/** As where the manager hangs; leaves a file when it goes on. */
const TOLD_LATE = 'sleep 60; open(my $file, q(>), qq($0.over));'

/** A jail whose command waits at the gate; it ends as bubblewrap does when its first process is killed. */
const JAIL = `my ($at) = grep { $ARGV[$_] eq '--info-fd' } 0 .. $#ARGV;
open(my $news, '>&=', $ARGV[$at + 1]) or die;
open(my $gate, '>&=', 3) or die;
my $first = fork // die;
if ($first == 0) { sleep 60; exit }
prepare(getppid, $$);
syswrite $news, qq({"child-pid": $first}\\n);
syswrite $gate, "\\n";
waitpid $first, 0;
exit 137;
`
const AT_ONCE = 'sub prepare {}'
/** The keeper sees nothing before the jail has ended, so that it sees its end and that of its line at once. */
const KEEPER_IS_LATE = `sub prepare {
  my ($keeper, $own) = @_;
  my $other = fork // die;
  if ($other == 0) {
    for (1 .. 6000) {
      open(my $stat, '<', "/proc/$own/stat") or last;
      last if <$stat> =~ /\\) Z/;
      select undef, undef, undef, 0.01;
    }
    kill CONT => $keeper;
    exit;
  }
  kill STOP => $keeper;
}`

/** Starts a jail with these two programs of Perl. */
async function started(unit: string, jail: string, root = workDirectory()): Promise<Jail> {
  const put = (path: string, text: string): string => {
    const whole = join(root, path)
    mkdirSync(dirname(whole), { recursive: true })
    writeFileSync(whole, `#!/usr/bin/perl\n${text}\n`)
    chmodSync(whole, 0o755)
    return whole
  }
  for (const path of ['run/systemd/system/unit', 'usr/bin/perl']) put(path, '')
  put('usr/bin/systemd-run', unit)
  const systemd = createSystemd({
    descriptors: await openDescriptors(),
    socket: root,
    closed: [],
    landlock: 2,
    root,
    uid: 0,
    program: put('bwrap', jail),
  })
  const one = await systemd.start({ ...jobOf(['/usr/bin/true']), secrets: [], wanted: () => true })
  onTestFinished(() => {
    one.stdout.destroy()
    one.stderr.destroy()
  })
  return one
}

test.each([
  ['bubblewrap was killed before it told anything', UNIT + TOLD, 'kill KILL => $$', false],
  ['bubblewrap ended', UNIT + TOLD, 'exit 1', true],
  ['systemd made no unit', 'exit 1', '', true],
])('no jail because %s', async (_, unit, jail, endedItself) => {
  await expect(started(unit, jail)).rejects.toMatchObject({ code: 'no_sandbox', endedItself })
})

test('a jail that was killed is told as killed, whatever bubblewrap ended with', async () => {
  const jail = await started(UNIT + TOLD, KEEPER_IS_LATE + JAIL)
  jail.kill()
  expect(await jail.ended).toEqual({ code: null, signal: 'SIGKILL' })
})

test('the end of a jail that was killed is not waited for where systemd never tells it', async () => {
  const root = workDirectory()
  const jail = await started(UNIT + TOLD_LATE, AT_ONCE + JAIL, root)
  jail.kill()
  expect(await jail.ended).toEqual({ code: null, signal: 'SIGKILL' })
  expect(existsSync(join(root, 'usr/bin/systemd-run.over'))).toBe(false)
})
