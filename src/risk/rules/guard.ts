// Rules about what switches this guard off, changes what it lets through, or takes away what this node has recorded.
import { couldMatch, isGlob } from '../glob.ts'
import { findTargets } from '../listings.ts'
import { type Arg, baseName, type SimpleCommand } from '../model.ts'
import type { Options } from '../options.ts'
import { resolvePath } from '../paths.ts'
import { interpreterName } from '../wrappers.ts'
import { byTool } from './rewrite.ts'
import { matching, only, type Rule, tools, verb } from './rule.ts'
import { appended, isRecursive, overwritten } from './targets.ts'

/** The settings in which AI coding tools call the guard, by the ends of their paths. */
const SETTINGS = tools(
  '.claude/settings.json .claude/settings.local.json .codex/hooks.json .cursor/hooks.json .gemini/settings.json .copilot/hooks/karo.json .github/hooks/karo.json',
)
/** Directories with little else that matters in them. */
const SETTINGS_DIRECTORIES = tools('.claude .codex .cursor .gemini .copilot .copilot/hooks .github/hooks')
const PROGRAM = /\/bin\/karo$/
const SHELL_START = /(?:^|\/)(?:\.(?:bashrc|bash_profile|profile|zshrc|zprofile|zshenv)|config\.fish)$/
/** The same in another language's code, beside a call that writes or deletes. */
const NAMED_IN_CODE =
  /\.claude\/settings|\.(?:codex|cursor)\/hooks|\.gemini\/settings|hooks\/karo\.json|guard\.toml|karo\/config\.toml/
const WRITES_IN_CODE =
  /write|unlink|remove|rmSync|rename|truncate|dump|rmtree|\bopen\([^)]*["'][wax]|>\s*["']/i

const VARIABLE = /^KARO_(?:GUARD_\w+|HOME)$/
/** Values that make the guard stricter than it can be otherwise. */
const TIGHTENS: Readonly<Record<string, string>> = {
  KARO_GUARD_PROFILE: 'strict',
  KARO_GUARD_ON_ERROR: 'block',
}

const REMOVES_PACKAGES = tools('apt apt-get aptitude dnf yum zypper brew snap npm pnpm yarn pacman dpkg rpm')
const REMOVES = /^(?:remove|purge|autoremove|uninstall|un|rm|erase|unlink)$/

export const GUARD_RULES: readonly Rule[] = [
  {
    id: 'guard-off',
    level: 'high',
    why: 'Switches off what judges commands before they run, or changes what it lets through.',
    tools: ['*', ...tools('karo unset env git sponge patch claude printf read'), ...REMOVES_PACKAGES],
    when: (c, o) => {
      if (c.name === 'karo') return only(!isAsked(o) && loosens(c, o), true)
      if (REMOVES_PACKAGES.includes(c.name)) return removedPackage(c, o)
      if (c.name === 'claude') return matching(c.args, /disableAllHooks/)
      return [...variables(c, o), ...files(c, o)]
    },
    safer: byTool({ 'karo guard allow': 'karo guard list', 'karo hook uninstall': 'karo hook list' }),
    examples: {
      risky: [
        'karo guard allow git-force-push',
        'karo guard remove 1',
        'karo hook uninstall claude',
        'karo shell uninstall bash',
        'karo --home /x shell install bash --no-guard',
        'export KARO_GUARD_PROFILE=off',
        'KARO_GUARD_PROFILE=off bash',
        'env -u KARO_GUARD_PROFILE bash',
        'unset KARO_GUARD_PROFILE',
        'export KARO_HOME=/tmp/x',
        'echo "[guard]" >> $KARO_HOME/config.toml',
        'rm ~/.local/share/karo/guard.toml',
        'srm ~/.local/share/karo/guard.toml',
        'sed -i d ~/.claude/settings.json',
        'mv new.json .claude/settings.local.json',
        'cp settings.json ~/.claude/',
        'jq . x | sponge ~/.gemini/settings.json',
        'rm -rf ~/.cursor',
        'rm ~/.claude/*.json',
        'find ~/.claude -name settings.json -delete',
        'git rm .codex/hooks.json',
        "sed -i '/karo/d' ~/.bashrc",
        'python3 -c \'open("/home/me/.claude/settings.json","w").write("{}")\'',
        'rm $(which karo)',
        'sudo apt remove karo',
      ],
      harmless: [
        'karo guard list',
        'karo guard deny "kubectl delete*"',
        'karo hook uninstall claude --dry-run',
        'karo shell install bash',
        'karo check "export KARO_GUARD_PROFILE=off"',
        'export KARO_GUARD_PROFILE=strict',
        'KARO_HOME=/tmp/x karo status',
        'echo $KARO_HOME',
        'cat ~/.claude/settings.json',
        'vim ~/.local/share/karo/guard.toml',
        'cp ~/.claude/settings.json /tmp',
        'git add .claude/settings.json',
        'rm ~/.claude/history.jsonl',
        'rm -rf ~/.claude/cache',
        'rm -rf build/*/*',
        'apt install karo',
        'echo x > config.toml',
      ],
    },
  },
  {
    id: 'node-data',
    level: 'moderate',
    why: 'Deletes or replaces what this node has recorded, or what makes it this node.',
    tools: tools('karo'),
    when: (_c, o) =>
      only(
        !isAsked(o) &&
          (/^(?:history delete|import undo|identity (?:new|unprotect))$/.test(`${verb(o)} ${verb(o, 1)}`) ||
            verb(o) === 'restore'),
        true,
      ),
    safer: byTool({ 'karo import undo': 'karo import list', 'karo identity': 'karo identity show' }),
    examples: {
      risky: [
        'karo history delete git',
        'karo import undo --yes',
        'karo identity new',
        'karo restore backup.tar',
      ],
      harmless: ['karo history git', 'karo import list', 'karo identity show', 'karo history delete --help'],
    },
  },
]

/** Only said, or only tried. */
function isAsked(o: Options): boolean {
  return o.flag('help', 'h', 'dry-run', 'version') !== undefined
}

function loosens(c: SimpleCommand, o: Options): boolean {
  const words = `${verb(o)} ${verb(o, 1)}`
  return (
    /^(?:guard (?:allow|remove)|(?:hook|shell) uninstall)$/.test(words) ||
    (/^shell (?:install|init)$/.test(words) && c.args.some((arg) => arg.text === '--no-guard'))
  )
}

function removedPackage(c: SimpleCommand, o: Options): readonly Arg[] {
  const told =
    c.name === 'pacman' || c.name === 'dpkg' || c.name === 'rpm'
      ? o.flag('R', 'r', 'P', 'e', 'remove', 'purge', 'erase') !== undefined
      : o.operands.some((arg) => REMOVES.test(arg.text))
  return told ? matching(o.operands, /^karo$/) : []
}

/** Where the command sets or unsets a variable that the guard goes by. */
function variables(c: SimpleCommand, o: Options): readonly Arg[] {
  const loose = (name: string, value: string) => VARIABLE.test(name) && TIGHTENS[name] !== value
  const set = c.assignments.filter((it) => loose(it.name, it.value.text)).map((it) => it.value)
  switch (c.name) {
    case 'export':
    case 'declare':
    case 'typeset':
    case 'readonly':
    case 'env':
      return [...set, ...declared(c, loose), ...(c.name === 'env' ? unsetBy(c) : [])]
    case 'unset':
      return matching(c.args, VARIABLE)
    case 'set':
    case 'setenv':
      return c.name === 'set' && c.scope.shell !== 'fish'
        ? set
        : o.operands.slice(0, 1).filter((arg) => loose(arg.text, o.operands[1]?.text ?? ''))
    case 'read':
    case 'printf':
      return [
        ...set,
        ...c.args.filter(
          (arg, i) => VARIABLE.test(arg.text) && (c.name === 'read' || c.args[i - 1]?.text === '-v'),
        ),
      ]
    default:
      return set
  }
}

function declared(c: SimpleCommand, loose: (name: string, value: string) => boolean): readonly Arg[] {
  return c.args.filter((arg) => {
    const [, name = '', value = ''] = /^(\w+)=([\s\S]*)$/.exec(arg.text) ?? []
    return loose(name, value)
  })
}

function unsetBy(c: SimpleCommand): readonly Arg[] {
  return c.args.filter((arg, i) => {
    const name = /^(?:-u|--unset)=?(.*)$/.exec(arg.text)?.[1] || arg.text
    return VARIABLE.test(name) && (name !== arg.text || /^(?:-u|--unset)$/.test(c.args[i - 1]?.text ?? ''))
  })
}

/** Files that the guard goes by, or is called from, which the command writes, replaces or takes away. */
function files(c: SimpleCommand, o: Options): readonly Arg[] {
  if (interpreterName(c.name) !== undefined && o.operands.length > 0 && o.flag('i') === undefined)
    return c.args.filter((arg) => NAMED_IN_CODE.test(arg.text) && WRITES_IN_CODE.test(arg.text))
  const touched = [...overwritten(c, o), ...appended(c, o), ...placed(c, o), ...removed(c, o)]
  const edited = c.name === 'sed' && o.flag('i', 'in-place') && c.args.some((arg) => /karo/i.test(arg.text))
  return touched.filter((arg) => {
    const path = resolvePath(arg.text, c.scope)
    return isOwn(path, c) || (edited === true && SHELL_START.test(path))
  })
}

function isOwn(path: string, c: SimpleCommand): boolean {
  const { home, karoHome = `${home}/.local/share/karo` } = c.scope
  const own = [karoHome, '/etc/karo'].some((top) =>
    ['config.toml', 'guard.toml'].some((name) => endsAs(path, `${top}/${name}`)),
  )
  if (own || path.endsWith('/guard.toml') || SETTINGS.some((end) => endsAs(path, end))) return true
  return TAKES_AWAY.has(c.name) && (PROGRAM.test(path) || isDirectory(path))
}

function isDirectory(path: string): boolean {
  return SETTINGS_DIRECTORIES.some((end) => endsAs(path.replace(/\/\*$/, ''), end))
}

/** Whether the path's last components are, or as patterns could be, those of `end`; no wildcard finds a leading dot. */
function endsAs(path: string, end: string): boolean {
  const wanted = end.split('/')
  const last = path.split('/').slice(-wanted.length)
  return (
    last.length === wanted.length &&
    wanted.every((name, i) => {
      const component = last[i] as string
      if (component === name) return true
      return isGlob(component) && (component[0] === '.') === (name[0] === '.') && couldMatch(component, name)
    })
  )
}

const TAKES_AWAY: ReadonlySet<string> = new Set(['rm', 'grm', 'srm', 'wipe', 'unlink', 'mv', 'shred', 'find'])

/** A file that is put into a directory under its own name. */
function placed(c: SimpleCommand, o: Options): readonly Arg[] {
  if (c.name === 'sponge' || c.name === 'patch') return o.operands.slice(0, 1)
  if (!/^(?:cp|mv|install|ln|rsync)$/.test(c.name)) return []
  const into = o.value('t', 'target-directory') ?? o.operands.at(-1)
  if (into === undefined) return []
  const sources = o.operands.filter((arg) => arg !== into)
  return sources.map((arg) => ({ ...into, text: `${into.text}/${baseName(arg.text)}` }))
}

function removed(c: SimpleCommand, o: Options): readonly Arg[] {
  if (c.name === 'git') return /^(?:rm|mv|checkout|restore)$/.test(verb(o)) ? o.operands.slice(1) : []
  if (c.name === 'mv') return o.operands.slice(0, o.value('t', 'target-directory') ? undefined : -1)
  if (!TAKES_AWAY.has(c.name)) return []
  if (c.name === 'find') return foundAndDeleted(c)
  return isRecursive(o)
    ? o.operands
    : o.operands.filter((arg) => !isDirectory(resolvePath(arg.text, c.scope)))
}

function foundAndDeleted({ args }: SimpleCommand): readonly Arg[] {
  if (!args.some((arg) => arg.text === '-delete')) return []
  const { tops, narrowed } = findTargets(args)
  const name = args[args.findIndex((arg) => /^-i?name$/.test(arg.text)) + 1]
  if (!narrowed) return tops
  return name === args[0] || name === undefined
    ? []
    : tops.map((top) => ({ ...top, text: `${top.text}/${name.text}` }))
}
