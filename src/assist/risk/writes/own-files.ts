// Tells which files are the guard's own: Karo's home and program, settings by which AI tools call it, start files of
// shells.

import { AI_TOOL_LIST } from '../../../base/words/ai-tools.ts'
import { isKnown } from '../known-files.ts'
import { couldMatch, isGlob } from '../line/glob.ts'
import { resolvePath } from '../line/paths.ts'
import { words } from '../lookup.ts'
import { type Scope, SOMETHING, UNKNOWN } from '../model.ts'

const OF_TOOLS = AI_TOOL_LIST.flatMap(({ directory, settings, inProject }) => [
  ...settings.map((file) => `${directory.name}/${file}`),
  ...inProject,
])
/** Ends of the paths of settings in which AI coding tools call the guard, or by which they switch hooks off. */
export const SETTINGS_ENDS: readonly string[] = [
  ...new Set(OF_TOOLS),
  ...['systemd/user/karo.service', 'systemd/system/karo.service'],
]
const SETTINGS = SETTINGS_ENDS.map((end) => end.split('/'))

/** Ends of the paths of directories that hold such settings and little else. */
const SETTINGS_DIRECTORIES = OF_TOOLS.map((end) => end.split('/').slice(0, -1))

/** Karo's directories, and those of an administrator's settings for AI tools, with everything in them. */
const DIRECTORIES = [
  ...words(
    `/etc/karo /var/lib/karo /var/spool/karo /usr/lib/karo /usr/local/lib/karo /opt/karo /run/karo
     /etc/claude-code /etc/codex /etc/gemini-cli /etc/cursor`,
  ),
  '/Library/Application Support/ClaudeCode',
].map((path) => path.split('/'))

const UNIT =
  /\/systemd\/(?:system|user)(?:\/[\w@.-]+\.(?:wants|requires))?\/karo[\w@-]*(?:\.[\w@.-]+)?(?:\/|$)/
const PROGRAM = /\/bin\/karo$|\/lib\/karo\/|\/karo\/dist\/karo\.js$/
const ANYWHERE = /\/guard\.toml$/

/** Files from which shells load the guard, relative to a home. */
export const START_FILES = words(`
  .bashrc .bash_profile .bash_login .bash_aliases .profile .zshrc .zprofile .zshenv .zlogin .config/fish/config.fish .config/zsh/.zshrc
`)
const START = START_FILES.map((path) => path.split('/'))
/**
 * Parts of paths: no path leads to a file of the guard without one of them. A shell asks about a plain line that has
 * one.
 */
export const OWN_PARTS = words(`
  karo guard.toml .claude claude-code ClaudeCode .codex /codex .cursor /cursor .gemini gemini-cli .copilot /copilot .opencode /opencode
`)
/** Names of directories; inside of them a file of the guard can be named without any of OWN_PARTS. */
export const OWN_PLACES = words(
  'karo .claude claude-code ClaudeCode .codex codex .cursor cursor .gemini gemini-cli .copilot copilot .opencode opencode .ssh',
)
/** Parts of paths that lead to system files or start files; a shell asks about such a line if its tool writes files. */
export const SYSTEM_PARTS = words(`
  /etc /dev /boot /usr /bin /sbin /lib /proc /sys /var /nix /gnu /System /Library /snap .ssh .gnupg authorized_keys known_hosts
  .git/hooks bashrc .bash_ .profile zshrc zshenv zprofile .zlogin config.fish conf.d vimrc gitconfig tmux.conf _history .history lesshst
`)
const anyOf = (parts: readonly string[]) =>
  new RegExp(parts.map((part) => part.replaceAll('.', '\\.')).join('|'))
const OWN = anyOf(OWN_PARTS)
const SYSTEM = anyOf(SYSTEM_PARTS)
/** A wildcard or an unknown part. */
const WILD = new RegExp(`[*?[${UNKNOWN}${SOMETHING}]`)
const WILD_BEHIND_DOT = new RegExp(`(?:^|[\\s"'=:])\\.[\\w.-]*${WILD.source}`)

/**
 * Whether a word, or a working directory, could lead to a file of the guard: it has one of its parts, or something wild in
 * a path of several names or behind a leading dot. Each word is read once: a pattern that begins at each slash anew would
 * read a deep path as often as it has slashes.
 */
export function mayBeOwn(text: string): boolean {
  if (OWN.test(text)) return true
  if (!WILD.test(text)) return false
  return (
    WILD_BEHIND_DOT.test(text) || text.split(/[\s"']+/).some((word) => word.includes('/') && WILD.test(word))
  )
}

/** Whether a word, or a working directory, could lead to a system file or to a start file of a shell. */
export function mayBeSystem(text: string): boolean {
  return SYSTEM.test(text)
}

/** Whether a word could lead to a file of the guard; start files count only if an AI tool gives the command. */
export function mayLead(text: string, { caller }: Where): boolean {
  return mayBeOwn(text) || (caller === 'tool' && mayBeSystem(text))
}

type Where = Pick<Scope, 'cwd' | 'home' | 'karoHome' | 'caller' | 'machine'>

const HOMES = /^(?:\/root|\/(?:home|Users)\/[^/]+|\.)\/(.+)$/

/** Whether the path, perhaps a pattern, is or could be a file of the guard. */
export function isOwnFile(text: string, where: Where): boolean {
  return anyReading(text, where, (path) => isFile(path, where))
}

/** Whether the path is a directory of the guard or one with an AI tool's settings. */
export function isOwnDirectory(text: string, where: Where): boolean {
  return anyReading(text, where, (path) => isTop(path, where))
}

/** Whether the path is a directory that holds a file of the guard, or would hold one by default. */
export function isAboveOwn(text: string, where: Where): boolean {
  return anyReading(text, where, (path) => {
    // Other rules are about the whole system.
    if (path === '/' || path === '/*') return false
    if (isTop(path, where) || isFile(path, where)) return true
    const top = path.split('/')
    return placesOf(where).known.some(
      (known) => known.length >= top.length && startsAs(top, known.slice(0, top.length)),
    )
  })
}

/** Whether the path is Karo's program, or the program that runs it. */
export function isOwnProgram(text: string, where: Where): boolean {
  return anyReading(
    text,
    where,
    (path) => PROGRAM.test(path) || where.machine?.programs.includes(path) === true,
  )
}

/** Different parts of one text that are judged as paths; a text with more counts as one that names a file of the guard. */
const MOST_PARTS = 2_000
const BETWEEN = /[\s"'`=:,;|<>(){}@!&+%$\\]+/
/** Two literals that code joins to a path or a name. */
const JOINED = /["'`]\s*(?:\)?\s*([,/])\s*|[+.]{1,2}\s*|\s)["'`]/g

/** Whether a word, an option's value or a program's text names a file or directory of the guard anywhere in it. */
export function namesOwn(text: string, where: Where): boolean {
  const isOwn = (part: string) =>
    part.length < 1_000 && (isOwnFile(part, where) || isOwnDirectory(part, where) || isStartOf(part, where))
  if (isOwn(text)) return true
  if (!BETWEEN.test(text) && text[0] !== '-') return false
  const joined = text.replace(JOINED, (_all, sign: string | undefined) => (sign === undefined ? '' : '/'))
  // A bare word is no path, except for names that mean something inside Karo's home.
  const mayBePath = (part: string) => /[./*?[]|^(?:db|spool)$/.test(part)
  const parts = new Set(`${text} ${joined}`.split(BETWEEN).filter(mayBePath))
  if (parts.size > MOST_PARTS) return true
  return [...parts].some((part) => {
    const value = /^-{1,2}[a-zA-Z]?([\s\S]+)$/.exec(part)?.[1] ?? ''
    return isOwn(part) || isOwn(value) || (part.endsWith(']') && isOwn(part.slice(0, -1)))
  })
}

/** Start files that a program names without the home: `os.environ["HOME"] + "/.bashrc"`. */
function isStartOf(part: string, { caller }: Where): boolean {
  return caller === 'tool' && START_FILES.includes(part.replace(/^\//, ''))
}

/** Judges the path as it is written, and also as it is with links followed, if `machine` can tell. */
function anyReading(text: string, where: Where, test: (path: string) => boolean): boolean {
  if (text === '' || text.length > 4_096) return false
  const named = text.replace(
    /^(?:file:\/\/(?:localhost)?(?=\/)|~([\w.-]*)(?=\/|$))/,
    (start, user: string) =>
      start[0] !== '~' ? '' : user === '' ? where.home : user === 'root' ? '/root' : `/home/${user}`,
  )
  if (test(resolvePath(named, where))) return true
  const { machine, cwd } = where
  if (machine === undefined || named.includes('\0')) return false
  const path = named.startsWith('/') ? named : `${cwd}/${named}`
  if (!path.startsWith('/') || UNKNOWNS.test(path)) return false
  const real = machine.real(path)
  return real !== path && test(real)
}

const UNKNOWNS = new RegExp(`[${UNKNOWN}${SOMETHING}]`)

function isFile(path: string, where: Where): boolean {
  const components = componentsOf(path)
  if (SETTINGS.some((end) => endsAs(components, end))) return true
  if (ANYWHERE.test(path) || UNIT.test(path) || isWithin(components, where)) return true
  const isOneOf = (files: readonly string[] = []): boolean =>
    files.some((file) => covers(components, file.split('/')))
  if (isOneOf(where.machine?.files)) return true
  return where.caller === 'tool' && (isStart(path, where) || isOneOf(where.machine?.startFiles))
}

function isStart(path: string, { home }: Where): boolean {
  if (isKnown('startsall', path)) return true
  const rest = path.startsWith(`${home}/`) ? path.slice(home.length + 1) : HOMES.exec(path)?.[1]
  return rest !== undefined && START.some((known) => covers(rest.split('/'), known))
}

function isTop(path: string, where: Where): boolean {
  const components = componentsOf(path)
  return SETTINGS_DIRECTORIES.some((end) => endsAs(components, end)) || isWithin(components, where)
}

function isWithin(components: readonly string[], where: Where): boolean {
  return placesOf(where).tops.some((top) => startsAs(components, top))
}

/** Path components without trailing wildcards for everything in a directory. */
function componentsOf(path: string): readonly string[] {
  const components = path.split('/')
  while (components.length > 1 && /^(?:|\*|\.\*|\*\*)$/.test(components.at(-1)!)) components.pop()
  return components
}

interface Places {
  readonly of: Where
  /** Directories that belong to the guard with everything in them. */
  readonly tops: readonly (readonly string[])[]
  /** Files and directories that exist, or would by default. */
  readonly known: readonly (readonly string[])[]
}
/** The places of the latest `where`, kept because all paths of one line ask for the same. */
let last: Places | undefined

function placesOf(where: Where): Places {
  const { home, karoHome, machine, caller } = where
  const of = last?.of
  if (
    last !== undefined &&
    of?.home === home &&
    of.karoHome === karoHome &&
    of.machine === machine &&
    of.caller === caller
  )
    return last
  const below = ['.local/share/karo', '.claude', '.codex', '.cursor', '.gemini', '.copilot']
  const start = caller === 'tool' ? ['.bashrc', '.profile', '.zshrc', '.config/fish/config.fish'] : []
  const own = karoHome === undefined ? [] : [karoHome.split('/')]
  last = {
    of: where,
    tops: [...DIRECTORIES, `${home}/.local/share/karo`.split('/'), ...own],
    known: [
      ...[...below, ...start].map((rest) => `${home}/${rest}`.split('/')),
      ...own,
      ...[...(machine?.files ?? []), ...((caller === 'tool' && machine?.startFiles) || [])].map((file) =>
        file.split('/'),
      ),
      ['', 'etc', 'karo'],
      ['', 'usr', 'lib', 'karo'],
    ],
  }
  return last
}

function covers(path: readonly string[], known: readonly string[]): boolean {
  return path.length === known.length && startsAs(path, known)
}

/** Whether the first components of the path are, or as patterns could be, those of `top`. */
function startsAs(path: readonly string[], top: readonly string[]): boolean {
  return path.length >= top.length && top.every((name, i) => couldBe(path[i]!, name))
}

function endsAs(path: readonly string[], end: readonly string[]): boolean {
  const from = path.length - end.length
  return from >= 0 && end.every((name, i) => couldBe(path[from + i]!, name))
}

/**
 * Whether a component is that name, or could be as a pattern or with an unknown part. A wildcard does not match a
 * leading dot.
 */
function couldBe(component: string, name: string): boolean {
  if (component === name) return true
  if (UNKNOWNS.test(component)) {
    const pattern = component.replaceAll(UNKNOWN, '*').replaceAll(SOMETHING, '*')
    return !/^\*+$/.test(pattern) && couldMatch(pattern, name)
  }
  if (!isGlob(component)) return false
  // A search, or a shell told so, matches the dot too; it counts for patterns with at least three letters.
  const hides = (component[0] === '.') !== (name[0] === '.')
  if (hides && (name[0] !== '.' || !/[a-z]{3}/.test(component))) return false
  return /[?*+@!]\(/.test(component) || couldMatch(component, name)
}
