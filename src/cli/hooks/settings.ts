// karo hook install, uninstall and list: the settings files of AI coding tools, edited as little as possible.
import * as fs from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { orElse } from '../../base/run/or-else.ts'
import { neededHome } from '../../base/run/person-home.ts'
import { recordingPaths } from '../../config/paths.ts'
import { ADAPTERS, type Adapter, type AdapterName, type HookSettings } from '../adapters/index.ts'
import { NotEditable } from '../adapters/json-edit.ts'
import { isBare, MARK, ownHooks, undone, withHooks, withoutHooks } from '../adapters/settings.ts'
import { unreadable } from '../input/regular-file.ts'
import {
  type CommandInput,
  type CommandIo,
  fitted,
  KaroError,
  printable,
  shellWord,
  show,
  usage,
} from '../kit.ts'
import { programOf } from '../own-program.ts'
import { refuseOthersHome } from '../shells/own-home.ts'
import { dropEmpty, editFile, makeDirectory } from '../shells/rc-file.ts'
import { writing } from '../writing.ts'
import { asking, inboxOf } from './options.ts'
import { makeStarter, removeStarter, starterOf } from './starter.ts'

/** As the file is edited: byte by byte. */
function textOf(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(file, error)
  }
}

/** The settings as they were before Karo's first change. */
const copyOf = (file: string): string => `${file}.before-karo`

function keepCopy(file: string): void {
  const copy = copyOf(file)
  // An earlier one stays.
  if (fs.lstatSync(copy, { throwIfNoEntry: false }) !== undefined) return
  const write = (): void => fs.copyFileSync(file, copy, fs.constants.COPYFILE_EXCL)
  writing(copy, write, 'no backup copy can be written')
}

/** Once the settings are what they were, the copy has nothing more to say. */
function dropCopy(file: string): void {
  const copy = copyOf(file)
  const stat = fs.lstatSync(copy, { throwIfNoEntry: false })
  if (stat?.isFile() !== true || textOf(copy) !== textOf(file)) return
  fs.rmSync(copy)
}

export interface Place {
  readonly adapter: Adapter
  readonly settings: HookSettings
  readonly scope: 'user' | 'project'
  readonly file: string
}

export function installHook(io: CommandIo, input: CommandInput, onError: 'allow' | 'block'): undefined {
  refuseOthersHome(io.home)
  const place = placeOf(io, input)
  const { asks } = asking(place.adapter, input.options.ask)
  const line = hookLine(io, place, onError, {
    inbox: inboxOf(input.options.inbox, place.adapter),
    ask: input.options.ask === true,
  })
  // The file is edited byte by byte.
  const bytes = Buffer.from(line, 'utf8').toString('latin1')
  const content = (text: string): string => withHooks(text, place.settings, bytes)
  const paste =
    place.settings.plugin?.(line) ?? JSON.stringify({ hooks: place.settings.entries(line) }, null, 2)
  if (input.options['dry-run']) return preview(io, place, edited(place, content, paste))
  checkOwner(place)
  const found = isHere(io, place.settings)
  makeDirectory(dirname(place.file), 0o755, 'the directory')
  // What runs before the first `karo up` is kept for it. The machine's is made with its service.
  const { whose, spool } = recordingPaths(io.env)
  if (whose === 'own') makeDirectory(spool, 0o700, 'the spool directory')
  const before = textOf(place.file)
  const after = edited(place, content, paste)
  if (before !== undefined && before !== after && Object.keys(ownHooks(before)).length === 0)
    keepCopy(place.file)
  const changed = write(place, after)
  report(io, place, changed, changed ? 'Added to' : 'The hook is already in')
  const { title, asksIfNew, name } = place.adapter
  const starter = starterOf(io, name)
  const isJailed = input.options.jail && starter !== undefined
  if (isJailed) makeStarter(io, starter, basename(starter))
  if (io.json) return
  io.out(
    fitted(
      `${title} now asks Karo before each shell command and each change of a file${asks ? '' : ` (commands that need a confirmation are denied there: ${asksIfNew ? 'only newer versions ask; see --ask' : 'it has no way to ask'})`}, and its commands are in your history.\n`,
      io,
    ),
  )
  const more = [
    place.settings.afterwards,
    starter === undefined
      ? undefined
      : isJailed
        ? `New shells with Karo's hook start ${basename(starter)} in a jail (karo run).`
        : `To start it in a jail, where it can change the project and nothing else: karo run -- ${basename(starter)} (always: karo hook install ${name} --jail)`,
    found
      ? undefined
      : `${title} does not seem to be installed; it will find these settings after its installation.`,
    place.scope === 'project'
      ? 'Nothing changes for people who work here without karo on their PATH.'
      : undefined,
  ]
  if (changed || isJailed) for (const said of more) if (said !== undefined) io.out(fitted(`${said}\n`, io))
}

export function uninstallHook(io: CommandIo, input: CommandInput): undefined {
  const place = placeOf(io, input)
  if (input.options['dry-run'] !== true && place.scope === 'user') removeStarter(io, place.adapter.name)
  const before = textOf(place.file) ?? ''
  const after = edited(place, (text) => undone(text, place.settings, textOf(copyOf(place.file))))
  if (input.options['dry-run']) return preview(io, place, after)
  const changed = after !== before
  if (changed) checkOwner(place)
  if (changed && isOwnFile(place.file, after, place.settings)) {
    fs.rmSync(place.file)
    // With a file of Karo's own they came.
    const ofTool = toolDirectory(io, place.settings)
    dropEmpty(dirname(place.file), place.scope === 'project' ? process.cwd() : dirname(ofTool))
  } else if (changed) write(place, after)
  dropCopy(place.file)
  report(io, place, changed, changed ? 'Removed from' : 'The hook is not in')
}

/** Karo made the file, and nobody else has put anything into it: without a copy there was no such file before. */
const isOwnFile = (file: string, withoutOurs: string, settings: HookSettings): boolean =>
  !fs.existsSync(copyOf(file)) && isBare(withoutOurs, settings)

/** The tool's directory has something in it that Karo did not make; what cannot be looked into is there all the same. */
export function isHere(io: CommandIo, settings: HookSettings): boolean {
  const directory = toolDirectory(io, settings)
  const file = fileOf(io, settings, 'user')
  const [own] = settings.settings[0].split('/')
  const isOwn = orElse(() => {
    const text = fs.readFileSync(file, 'latin1')
    return Object.keys(ownHooks(text)).length > 0 && isOwnFile(file, withoutHooks(text), settings)
  }, false)
  return (
    fs.existsSync(directory) &&
    (!isOwn || orElse(() => fs.readdirSync(directory), []).some((name) => name !== own))
  )
}

function placeOf(io: CommandIo, { args, options }: CommandInput): Place {
  if (options.user && options.project)
    throw usage(
      '--user and --project exclude each other',
      '--project',
      'Leave out one of --user and --project.',
    )
  const adapter = ADAPTERS[args.tool as AdapterName]
  const settings = adapter.settings!
  const scope = options.project ? 'project' : 'user'
  return { adapter, settings, scope, file: fileOf(io, settings, scope) }
}

export function fileOf(io: CommandIo, settings: HookSettings, scope: Place['scope']): string {
  return scope === 'project'
    ? resolve(settings.inProject[0])
    : join(toolDirectory(io, settings), settings.settings[0])
}

export function toolDirectory({ env }: CommandIo, { directory }: HookSettings): string {
  const given = directory.env && env[directory.env]
  if (given) return resolve(given)
  const config = env.XDG_CONFIG_HOME
  return directory.xdg !== undefined && config?.startsWith('/')
    ? join(config, directory.xdg)
    : join(neededHome(env), directory.name)
}

/**
 * What the tool hands to a shell. Where the owner lets commands run that cannot be judged, a program that is missing or
 * broken changes nothing; where not, code 2 denies (all of these tools say so). A project's settings are for others too,
 * who may have no Karo, or another home.
 */
export function hookLine(
  io: CommandIo,
  { adapter, scope }: Pick<Place, 'adapter' | 'scope'>,
  onError: 'allow' | 'block',
  { inbox, ask }: { readonly inbox?: number | undefined; readonly ask?: boolean },
): string {
  const tool = `${adapter.name}${inbox === undefined ? '' : ` --inbox ${inbox}`}${ask ? ' --ask' : ''}`
  if (scope === 'project') return `command -v karo >/dev/null && karo hook ${tool} || exit 0 ${MARK}`
  const home = io.env.KARO_HOME ? ` --home ${shellWord(io.home)}` : ''
  const { words, byName } = programOf(io)
  const run = `${words.map(shellWord).join(' ')} hook ${tool}${home}`
  if (onError === 'block') return `${run} || exit 2 ${MARK}`
  const there = byName
    ? 'command -v karo >/dev/null'
    : words.map((word, i) => `[ ${i === 0 ? '-x' : '-r'} ${shellWord(word)} ]`).join(' && ')
  return `${there} && ${run} || exit 0 ${MARK}`
}

function edited({ file, adapter }: Place, change: (text: string) => string, paste?: string): string {
  try {
    return change(textOf(file) ?? '')
  } catch (error) {
    if (!(error instanceof NotEditable)) throw error
    const hint = paste === undefined ? 'Remove the hooks by hand.' : `Add this by hand:\n${paste}`
    throw new KaroError('bad_file', `${adapter.title}'s settings cannot be edited: ${error.message}`, {
      where: file,
      hint,
      cause: error,
    })
  }
}

const write = ({ file }: Place, text: string): boolean => editFile(file, () => text)

/** A link to somebody else's file, or out of the project, is not followed: what is changed there is not what was named. */
function checkOwner({ file, scope }: Place): void {
  const stat = fs.statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) {
    if (fs.lstatSync(file, { throwIfNoEntry: false }) === undefined) return
    throw new KaroError('bad_file', 'this is a link to a file that does not exist', { where: file })
  }
  const target = fs.realpathSync(file)
  if (stat.uid !== process.getuid?.())
    throw new KaroError('bad_file', 'the settings belong to another user', {
      where: target,
      hint: 'Run this as that user.',
    })
  if (scope === 'project' && relative(fs.realpathSync('.'), target).startsWith('..'))
    throw new KaroError('bad_file', "the project's settings are a link to a file outside of it", {
      where: file,
      hint: `Change that file in its own directory, or leave out --project for your own settings.`,
    })
}

function preview(io: CommandIo, { adapter, file }: Place, content: string): undefined {
  const text = Buffer.from(content, 'latin1').toString('utf8')
  const changed = content !== (textOf(file) ?? '')
  return show(
    io,
    { tool: adapter.name, file, changed, content: text },
    () =>
      `${printable(file)}${changed ? '' : ' stays as it is'}:\n${text.split('\n').map(printable).join('\n')}`,
  )
}

const report = (io: CommandIo, { adapter, file }: Place, changed: boolean, words: string): void =>
  show(io, { tool: adapter.name, file, changed }, () => `${words} ${printable(file)}\n`)
