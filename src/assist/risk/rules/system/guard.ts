// Rules about switching the guard off, loosening it, or deleting the records of this node.

import { AI_PROGRAMS, AI_TOOL_LIST, type AiTool } from '../../../../base/words/ai-tools.ts'
import { isForPerson, loosensGuard } from '../../../../base/words/loosening.ts'
import { PROCESS } from '../../carriers/output.ts'
import { type Options, verb } from '../../line/options.ts'
import { type Args, after, matching, type SimpleCommand, says, textsOf } from '../../model.ts'
import { only, type Rules, setBy, tools } from '../kit.ts'
import { TAKES_TREES, touchedOwn } from './guard-files.ts'

/** Options by which an AI tool starts another one without hooks, or with other hooks than the person's. */
const LEAVES_HOOKS_OUT =
  /disableAllHooks|^--(?:bare|safe-mode|setting-sources)\b|\bhooks?"?\s*=\s*false|^--disable=\w*hooks/
/** Words by which an AI tool changes its own settings. */
const CHANGES = /^(?:set|unset|add|remove|rm|delete|reset|edit|enable|disable(?:-all)?|uninstall)$/
/** Whether a variable says where AI tools look for their settings, or leaves hooks out. A person may set it. */
const movesSettings = (name: string): boolean =>
  AI_TOOL_LIST.some(({ directory, unhooked }) => name === directory.env || unhooked.test(`${name}=`))
const VARIABLE = /^KARO_(?:GUARD_\w+|HOME)$/
/** Values that only make the guard stricter. */
const TIGHTENS: Readonly<Record<string, string>> = {
  KARO_GUARD_PROFILE: 'strict',
  KARO_GUARD_ON_ERROR: 'block',
}

const REMOVES_PACKAGES = tools('apt apt-get aptitude dnf yum zypper brew snap npm pnpm yarn pacman dpkg rpm')
const REMOVES = /^(?:remove|purge|autoremove|uninstall|un|rm|erase|unlink)$/

export const GUARD_RULES: Rules = [
  {
    id: 'guard-off',
    level: 'high',
    why: 'Switches off the guard, which judges commands before they run, or changes what it lets through.',
    tools: [
      '*',
      ...tools('karo unset env printf read pkill killall kill launchctl'),
      ...AI_PROGRAMS.keys(),
      ...REMOVES_PACKAGES,
      ...TAKES_TREES,
    ],
    when: (c, o) => {
      if (c.name === 'karo') return only(!isAsked(o) && loosens(c, o))
      // Both may end the daemon: killing it, or unloading its launchd agent.
      if (/^(?:pkill|killall|kill)$/.test(c.name))
        return matching(c.name === 'kill' ? c.args : o.operands, /(?:^|\W)karo\b/).filter(
          (arg) => c.name !== 'kill' || arg.text.startsWith(PROCESS),
        )
      if (c.name === 'launchctl')
        return only(
          /^(?:unload|bootout|remove|disable|stop|kill)$/.test(verb(o)),
          matching(c.args, /\bkaro\b/),
        )
      if (REMOVES_PACKAGES.includes(c.name)) return [...removedPackage(c, o), ...touchedOwn(c, o)]
      const tool = AI_PROGRAMS.get(c.name)
      if (tool !== undefined) {
        const isChange = says({ args: o.operands }, CHANGES)
        const hooks = isChange ? matching(o.operands, /hooks/i) : []
        return [
          ...hooks,
          ...matching(c.args, LEAVES_HOOKS_OUT),
          ...(c.scope.caller === 'tool' ? unhooked(c, tool) : []),
          ...variables(c, o),
          ...touchedOwn(c, o),
        ]
      }
      return [...variables(c, o), ...touchedOwn(c, o)]
    },
    example: 'karo guard allow git-force-push',
  },
  {
    id: 'node-data',
    level: 'moderate',
    why: 'Deletes or replaces the records of this node, or its identity.',
    finds: `
      !--help|-h|--dry-run|--version
      karo history delete
      karo import undo
      karo identity new|unprotect
      karo restore`,
    example: 'karo history delete git',
  },
]

/** Whether the command only prints help or its version, or only says what it would do. */
function isAsked(o: Options): boolean {
  return o.flag('help', 'h', 'dry-run', 'version') !== undefined
}

function loosens(c: SimpleCommand, o: Options): boolean {
  const name = `${verb(o)} ${verb(o, 1)}`
  const words = textsOf(c.args)
  // A person may; a tool would be giving itself what it has to ask for.
  return c.scope.caller === 'tool'
    ? /^(?:approvals approve|cap grant|config (?:set|unset))$/.test(name) ||
        (name === 'token create' && says(c, /\bapprove$/)) ||
        isForPerson(name, words)
    : loosensGuard(name, words)
}

/** Options by which one AI tool starts another that the guard would not hear of. */
const unhooked = ({ args }: SimpleCommand, { unhooked: pattern }: AiTool): Args =>
  args.filter(({ text }, i) => pattern.test(`${text} ${args[i + 1]?.text ?? ''}`))

function removedPackage(c: SimpleCommand, o: Options): Args {
  const told =
    c.name === 'pacman' || c.name === 'dpkg' || c.name === 'rpm'
      ? o.flag('R', 'r', 'P', 'e', 'remove', 'purge', 'erase') !== undefined
      : says({ args: o.operands }, REMOVES)
  return told ? matching(o.operands, /^karo$/) : []
}

/** Values by which the command sets or unsets a variable that controls the guard. */
function variables(c: SimpleCommand, o: Options): Args {
  const loose = (name: string, value: string) =>
    (VARIABLE.test(name) && TIGHTENS[name] !== value) ||
    (c.scope.caller === 'tool' &&
      // They find their settings, and so the guard, in the home that HOME names.
      (movesSettings(name) || (/^(?:HOME|XDG_CONFIG_HOME)$/.test(name) && AI_PROGRAMS.has(c.name))))
  const set = setBy(c).filter(({ text }) => {
    const at = text.indexOf('=')
    return loose(text.slice(0, at), text.slice(at + 1))
  })
  switch (c.name) {
    case 'env':
      return [...set, ...unsetBy(c)]
    case 'unset':
      return matching(c.args, VARIABLE)
    case 'set':
    case 'setenv':
      return c.name === 'set' && c.scope.shell !== 'fish'
        ? set
        : o.operands.slice(0, 1).filter((arg) => loose(arg.text, verb(o, 1)))
    case 'read':
    case 'printf':
      return [...set, ...matching(c.name === 'read' ? c.args : after(c.args, /^-v$/), VARIABLE)]
    default:
      return set
  }
}

function unsetBy(c: SimpleCommand): Args {
  return c.args.filter((arg, i) => {
    const name = /^(?:-u|--unset)=?(.*)$/.exec(arg.text)?.[1] || arg.text
    return VARIABLE.test(name) && (name !== arg.text || /^(?:-u|--unset)$/.test(c.args[i - 1]?.text ?? ''))
  })
}
