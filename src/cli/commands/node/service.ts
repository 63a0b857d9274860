// karo service: keeps a person's node running, by their own systemd, or by their shells where no systemd runs.
import { rmSync } from 'node:fs'
import { homePaths } from '../../../config/paths.ts'
import { SHELLS } from '../../../observe/hooks/index.ts'
import { managerOf } from '../../../ops/system/lock.ts'
import { isOfHome, keptBy, ownUnit, startingFiles } from '../../kept/kept.ts'
import {
  atHome,
  type CommandIo,
  defineCommand,
  fitted,
  homeOf,
  isMachines,
  KaroError,
  printable,
  printJson,
  quoteShell,
} from '../../kit.ts'
import { absoluteProgram } from '../../own-program.ts'
import { flagsFrom, START, withFlags } from '../../shells/flags.ts'
import { changeMarked, editFile, writeOwn } from '../../shells/rc-file.ts'
import { startFileLooks } from '../../shells/start-file-looks.ts'
import { runningPid, startInBackground } from '../../start/background.ts'
import {
  homeInUnit,
  refuseBesideMachine,
  runsHere,
  systemctl,
  unitFile,
  unitText,
} from '../../start/user-unit.ts'

/** Said to somebody whose shells record for the machine's node. */
const MACHINES =
  "You have no node of your own: this machine's service runs one for everybody (systemctl status karo)."
const say = (io: CommandIo, words: string): void => io.out(`${fitted(atHome(words, io), io)}\n`)

/** Puts the flag into each line that loads the hook of this home, or takes it out; the files that were changed. */
function changeShells(io: CommandIo, starts: boolean): readonly string[] {
  const flag = `--${START}`
  return startFileLooks(io).flatMap(({ shell: name, file, marked }) => {
    const shell = SHELLS.find((one) => one === name)
    if (shell === undefined || marked.length === 0) return []
    const changed = (line: string): string => {
      if (!isOfHome(io, line)) return line
      return withFlags(line, shell, starts ? flagsFrom([line], [flag]) : flagsFrom([line], [], [flag]))
    }
    return editFile(file, (text) => changeMarked(text, changed)) ? [file] : []
  })
}

async function installUnit(io: CommandIo): Promise<void> {
  const file = unitFile(io.env, homeOf(io))
  const other = homeInUnit(file, io.env)
  if (other !== undefined && other !== io.home)
    throw new KaroError('conflict', `your systemd already runs another node, in ${printable(other)}`, {
      where: file,
      hint: `Remove that one first:  karo service remove --home ${quoteShell(printable(other))}`,
    })
  const pid = await runningPid(homePaths(io.env))
  if (pid !== undefined && (await managerOf(pid)) === undefined)
    throw new KaroError('conflict', `the node is already running, as process ${pid}`, {
      where: 'karo service install',
      hint: 'Stop it first, so that systemd can start it:  karo stop',
    })
  const text = unitText(absoluteProgram(io), io.env.KARO_HOME ? io.home : undefined)
  const changed = writeOwn(file, text, 0o644)
  if (changed) await systemctl(io.env, 'daemon-reload')
  const active = async () => (await systemctl(io.env, 'is-active', 'karo.service')).ok
  const ran = await active()
  const enabled = await systemctl(io.env, 'enable', '--now', 'karo.service')
  // What runs already does not take over a unit that was changed.
  const { ok, said } =
    enabled.ok && ran && changed ? await systemctl(io.env, 'restart', 'karo.service') : enabled
  if (!ok || !(await active()))
    throw new KaroError('unavailable', `systemd did not start it: ${said || 'it gave no reason'}`, {
      where: file,
      hint: 'journalctl --user -u karo  says more; karo service remove  takes the unit away.',
    })
  say(io, `${ran && !changed ? 'Already run by your systemd' : 'Run by your systemd from now on'}: ${file}`)
  say(io, 'It starts when you log in. To have it run before and after that, too:  loginctl enable-linger')
}

async function installIntoShells(io: CommandIo): Promise<void> {
  const changed = changeShells(io, true)
  const files = startingFiles(io)
  if (files.length === 0)
    throw new KaroError(
      'unavailable',
      "no systemd for users runs here, and no shell has Karo's hook, which could start the node",
      {
        where: 'karo service install',
        hint: 'First:  karo shell install',
      },
    )
  say(io, 'No systemd for users runs here, so each new shell starts the node if none runs:')
  for (const file of files) say(io, `  ${file}${changed.includes(file) ? '' : '  (did so already)'}`)
  io.out(atHome((await startInBackground(io, homePaths(io.env))).words, io))
}

const install = defineCommand('service install', {
  summary:
    'keep your node running without root: by your own systemd, or by new shells if there is no systemd',
  async run(io) {
    refuseBesideMachine(io.env, 'karo service install')
    const steps = (await runsHere(io.env)) ? installUnit : installIntoShells
    await steps(io.json ? Object.create(io, { out: { value: () => {} } }) : io)
    if (io.json) printJson(io, await keptBy(io))
  },
})

const remove = defineCommand('service remove', {
  summary: 'stop keeping your node running; recorded commands stay',
  async run(io) {
    const unit = ownUnit(io)
    if (unit !== undefined) {
      await systemctl(io.env, 'disable', '--now', 'karo.service')
      rmSync(unit, { force: true })
      await systemctl(io.env, 'daemon-reload')
    }
    const files = changeShells(io, false)
    const kept = await keptBy(io)
    if (io.json) printJson(io, kept)
    else if (unit === undefined && files.length === 0)
      say(io, isMachines(io.env) ? MACHINES : 'Nothing keeps the node running.')
    else {
      for (const file of [...(unit ? [unit] : []), ...files]) say(io, `Removed from ${file}`)
      const pid = await runningPid(homePaths(io.env))
      if (pid !== undefined) say(io, 'The node runs on until you stop it:  karo stop')
    }
  },
})

const status = defineCommand('service status', {
  summary: 'show how your node is kept running',
  async run(io) {
    const kept = await keptBy(io)
    const { by, unit, start_files, running } = kept
    const keeper = by === 'systemd' ? `your systemd: ${unit}` : `new shells: ${start_files.join(' ')}`
    if (io.json) printJson(io, kept)
    else if (isMachines(io.env)) {
      say(io, MACHINES)
      if (by !== 'nothing') say(io, `Yours would be kept running by ${keeper}`)
    } else {
      say(
        io,
        by === 'nothing'
          ? 'Nothing keeps it running. To change that:  karo service install'
          : `Kept running by ${keeper}`,
      )
      say(io, running ? 'It runs.' : 'It does not run now. To start it:  karo up --background')
    }
  },
})

export const commands = [install, remove, status]
