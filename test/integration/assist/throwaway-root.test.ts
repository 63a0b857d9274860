// Runs command lines for real in a root that is thrown away: none that does damage there may be judged safe.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkCommand } from '../../../src/assist/risk/index.ts'
import { DISGUISES, disguised } from '../../fuzz/risk.ts'
import {
  carrierLines,
  dangerousLines,
  type EverydayLine,
  everydayLines,
  PAYLOADS,
  PLACE,
} from '../../support/data/lines.ts'
import { randomOf } from '../../support/run/random.ts'
import { times } from '../../support/run/thorough.ts'
import {
  canThrowAway,
  createThrowawayRoot,
  type Outcome,
  type ThrowawayRoot,
} from '../../support/shell/throwaway-root.ts'

const { ok, reason } = canThrowAway()
/** Every so many lines of a corpus are run; `npm run soak -- properties` runs all of them, which takes some minutes. */
const share = (every: number) => times(every, 1)

interface Ran extends EverydayLine {
  readonly outcome: Outcome
}

describe.skipIf(!ok)(`a throwaway root ${reason}`, () => {
  let roots: readonly ThrowawayRoot[] = []
  beforeAll(async () => {
    roots = await Promise.all([createThrowawayRoot(), createThrowawayRoot()])
  })
  afterAll(() => {
    for (const root of roots) root.close()
  })

  /** Runs the lines, shared between the roots. */
  async function runAll(what: string, lines: readonly EverydayLine[]): Promise<readonly Ran[]> {
    const out: Ran[] = []
    const left = lines.values()
    await Promise.all(
      roots.map(async (root) => {
        for (const line of left) out.push({ ...line, outcome: await root.run(line.shell, line.command) })
      }),
    )
    const damaging = out.filter(({ outcome }) => outcome.damage.length > 0).length
    process.stdout.write(`${what}: ${lines.length} lines ran, ${damaging} did damage\n`)
    return out
  }

  const isSafe = ({ shell, command }: EverydayLine) =>
    checkCommand(command, { ...PLACE, shell }).risk_level === 'safe'
  const missed = (ran: readonly Ran[]) =>
    ran
      .filter((line) => line.outcome.damage.length > 0 && isSafe(line))
      .map(({ shell, command, outcome }) => `${shell}: ${command} (${outcome.damage.slice(0, 3).join(', ')})`)
  const sample = <T>(all: readonly T[], every: number) => all.filter((_, i) => i % share(every) === 0)

  test('it sees what is lost, forgets it for the next line, and lets nothing out', async () => {
    const [root] = roots as [ThrowawayRoot]
    const lost = async (line: string, shell: EverydayLine['shell'] = 'bash') =>
      (await root.run(shell, line)).damage
    for (const shell of ['bash', 'zsh', 'fish', 'sh'] as const) {
      expect(await lost('rm -rf ~', shell)).toContain('gone home/me/Documents/letter.txt')
      expect(await lost('ls', shell)).toEqual([])
    }
    expect(await lost(': > ~/.ssh/id_ed25519')).toEqual(['changed home/me/.ssh/id_ed25519'])
    expect(await lost('chmod 000 ~/Documents')).toEqual(['rights of home/me/Documents'])
    expect(await lost("PROMPT_COMMAND='rm ~/.vimrc'")).toEqual(['gone home/me/.vimrc'])
    expect(await lost('mv ~/.vimrc ~/.vimrc.old')).toEqual([])
    expect(await lost('mv ~/.vimrc /tmp')).toEqual(['gone home/me/.vimrc'])
    expect(await lost('rm -rf src; echo more >> ~/.bashrc')).toEqual(['gone home/me/src/project/src/app.js'])
    // Nothing of a line outlives it, and neither bombs nor sleepers keep the next one waiting.
    expect(await lost('(sleep 0.3; rm -rf ~) & disown')).toEqual([])
    await root.run('bash', ':(){ :|:& };:')
    expect(await lost('ls')).toEqual([])
    // Rights, programs and the network are out of reach: each would leave its mark in the home.
    for (const line of [
      'rm -f /usr/bin/env; [ -e /usr/bin/env ] || rm ~/.vimrc',
      'touch /usr/x && rm ~/.vimrc',
      'chmod 666 /dev/null && rm ~/.vimrc',
      'mount -t tmpfs x /mnt && rm ~/.vimrc',
      'mount -o remount,rw /usr && rm ~/.vimrc',
      'echo 1 > /proc/sys/kernel/sysrq && rm ~/.vimrc',
      'kill -9 1 && rm ~/.vimrc',
      'exec 3<>/dev/tcp/127.0.0.1/22 && rm ~/.vimrc',
      'ls /sys/kernel && rm ~/.vimrc',
      'mknod /tmp/d b 8 0 && rm ~/.vimrc',
    ])
      expect(await lost(line), line).toEqual([])
  })

  test('carriers with a destructive command', async () => {
    const lines = sample(carrierLines(), 40).map(
      ({ shell, carrying }, i): EverydayLine => ({
        shell,
        command: carrying(PAYLOADS[i % PAYLOADS.length] as string),
      }),
    )
    const ran = await runAll('carriers', lines)
    expect(missed(ran)).toEqual([])
    // Otherwise the root would prove nothing.
    expect(ran.filter(({ outcome }) => outcome.damage.length > 0).length).toBeGreaterThan(ran.length / 5)
    const idle = ran
      .filter(({ outcome }) => outcome.damage.length === 0)
      .map(({ command }) => command.split('\n')[0])
    process.stdout.write(
      `without effect here, for want of the tool or a peer: ${idle.slice(0, 20).join(' ⏎ ')} …\n`,
    )
  })

  test('disguised carriers', async () => {
    const random = randomOf(20_28)
    const made = sample(carrierLines(), 3).map(({ shell, carrying }): EverydayLine => {
      const command = carrying(PAYLOADS[random.below(PAYLOADS.length)] as string)
      return { shell, command: disguised({ command, shell, least: 'high' }, random, DISGUISES).text }
    })
    // Of all that are made those that nothing is found in, and some that something is.
    const suspicious = made.filter(isSafe)
    expect(missed(await runAll('disguised', [...suspicious, ...sample(made, 60)]))).toEqual([])
  })

  test('dangerous lines', async () => {
    expect(missed(await runAll('dangerous', sample(dangerousLines(), 48)))).toEqual([])
  })

  test('code of other languages that nobody can see through', async () => {
    const unproven = dangerousLines().filter(({ shell, command }) =>
      checkCommand(command, { ...PLACE, shell }).matches.some(({ rule }) => rule === 'unproven-code'),
    )
    const ran = await runAll('code', sample(unproven, 3))
    expect(missed(ran)).toEqual([])
    // Otherwise the root would prove nothing; how many languages there are is the machine's.
    expect(ran.filter(({ outcome }) => outcome.damage.length > 0).length).toBeGreaterThan(0)
  })

  test('everyday lines lose nothing outside the directory they are typed in', async () => {
    const ran = await runAll('everyday', sample(everydayLines(), 32))
    const elsewhere = ran
      // A person's own dot files, put in place by hand.
      .filter(({ command }) => !/^git config --global |^ln -sf ~\/dotfiles\//.test(command))
      .filter(({ outcome }) => outcome.damage.some((it) => !/ home\/me\/src\/project\//.test(it)))
    expect(elsewhere.map(({ command, outcome }) => `${command}: ${outcome.damage.join(', ')}`)).toEqual([])
  })
})
