// Finds the commands in the words of ordinary tools that can run one: editors, sed, awk, make, cron, terminals, package
// runners.

import { shellWord } from '../../../base/quote.ts'
import { readOptions } from '../line/options.ts'
import { remembered, rows, words } from '../lookup.ts'
import { type Arg, type Args, type Output, placeIn, TAINT, textsOf, withoutOptions } from '../model.ts'
import { valuesOf } from '../writes/option-values.ts'
import {
  both,
  type Carrier,
  commandIn,
  commandLayer,
  enterWrapper,
  type InnerScript,
  joined,
  type Layer,
  NOTHING,
  scriptLayer,
} from './layers.ts'

/** Lines of an input that are read; a command line does not feed longer schedules or makefiles. */
const MAX_LINES = 100

const nowhere: Arg = { text: '', span: [0, 0], taint: TAINT.none }

function scriptsOf(texts: readonly (string | undefined)[], { taint, span }: Omit<Arg, 'text'>): Layer {
  const known = texts.filter((text) => text?.trim()).slice(0, MAX_LINES)
  return { ...NOTHING, scripts: known.map((text = ''): InnerScript => ({ text, taint, span })) }
}

/** The commands in the lines of a schedule. System files name a user before the command (`hasUser`). */
export function cronCommands(text: string, hasUser: boolean): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const job = /^\s*(?:@\w+|\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.+)$/.exec(line)?.[1]
    if (job === undefined || /^\s*#/.test(line)) return []
    return [hasUser ? job.replace(/^\S+\s+/, '') : job]
  })
}

/** The jobs that crontab reads from its standard input. */
function crontab(args: Args, input: Output): Layer {
  const options = readOptions('crontab', args)
  const operands = options.operands
  if (options.flag('l', 'e', 'r') || operands.some((arg) => arg.text !== '-')) return NOTHING
  const text = input.text ?? input.partial
  if (text === undefined) {
    const foreign = (input.taint & (TAINT.network | TAINT.decoded)) !== 0
    return { ...NOTHING, runsInput: foreign }
  }
  const near = { span: (operands[0] ?? args[0] ?? nowhere).span, taint: input.taint }
  return scriptsOf([...cronCommands(text, false), ...cronCommands(text, true)], near)
}

/** What sed's `s` looks for and puts there, behind the sign between them. */
const SUBSTITUTION = /s([^\w\s\\])((?:\\.|(?!\1)[^\\]){0,2000})\1((?:\\.|(?!\1)[^\\]){0,2000})\1/g
const RUN_SUBSTITUTION = new RegExp(`${SUBSTITUTION.source}[gpiIm\\d]*e`)

/** sed's command `e` and its flag `e` run text as a command. */
function sed(args: Args): Layer {
  const options = readOptions('sed', args)
  const given = valuesOf(args, ['e', 'expression'])
  const programs = given.length > 0 ? given : options.operands.slice(0, 1)
  const files = options.operands.filter((arg) => !programs.includes(arg))
  // The lines of a file, changed or not, are what it runs.
  const lines = (program: Arg): Layer =>
    files.length === 0
      ? { ...NOTHING, runsInput: true }
      : scriptsOf([`cat ${textsOf(files).map(shellWord).join(' ')} | sh`], program)
  let layer = NOTHING
  for (const program of programs) {
    const text = program.text
    const run =
      /(?:^|[;{}\n])\s{0,9}(?:\d+|\$|\/(?:\\.|[^/\\]){0,200}\/)?\s{0,9}e(?:\s{0,9}([^\n]+))?(?=$|\n)/.exec(
        text,
      )
    if (run !== null)
      layer = both(layer, run[1] === undefined ? lines(program) : scriptsOf([run[1]], program))
    // `e` without a command runs the line as substitutions have changed it.
    if (run !== null && run[1] === undefined)
      for (const [, , , made] of text.matchAll(SUBSTITUTION)) layer = both(layer, scriptsOf([made], program))
    const flag = RUN_SUBSTITUTION.exec(text)
    if (flag !== null) {
      const made = flag[3]!.replaceAll(`\\${flag[1]}`, flag[1]!)
      layer = both(layer, scriptsOf([made], program), lines(program))
    }
  }
  return layer
}

/** Commands of awk that it reads from, and that it prints into, perhaps a text. Any other string is passed over, with the `|` in it. */
const PIPES =
  /"((?:\\.|[^"\\]){1,2000})"\s*\|&?\s*getline|(?:\bprint\s*"([^"\\]{0,2000})"\s*)?\|&?\s*"((?:\\.|[^"\\]){1,2000})"|"(?:\\.|[^"\\])*"/g

/** awk's program is its first operand, unless files in front of it hold it; beside `-e` that is mere text, and judged as well. */
function awk(args: Args): Layer {
  const options = readOptions('awk', args)
  const given = valuesOf(args, ['e', 'source'])
  const [program] = options.operands
  const file = options.flag('f', 'file', 'E', 'exec')
  const isInFile = file !== undefined && args.indexOf(file) < args.indexOf(program ?? file)
  const codes = [...given, ...(isInFile ? [] : options.operands.slice(0, 1))]
  const scripts = args.flatMap(({ text, taint, span }): readonly InnerScript[] =>
    [...text.matchAll(PIPES)].flatMap(([, read, said, fed]) => {
      // Nobody knows what it prints into a command, unless it is a text.
      const command = read ?? (fed && `${said === undefined ? 'awk 1' : `echo ${shellWord(said)}`} | ${fed}`)
      return command === undefined ? [] : { text: command.replaceAll('\\"', '"'), taint, span }
    }),
  )
  return { ...NOTHING, scripts, codes, language: 'awk' }
}

const BANG =
  /^(?:-c|--cmd|\+)?[\s:]*(?:sil(?:ent)?!?\s+)?(?:r(?:ead)?\s+|w(?:rite)?\s+|%|\.|\d+(?:,\S+)?)?\s*!(.+)$/

/** `:!command` in the options of an editor, or in a line that it reads. */
const editor: Carrier = (args, input) => {
  const given = (arg: Arg, i: number) => arg.text[0] === '+' || /^(?:-c|--cmd)$/.test(args[i - 1]?.text ?? '')
  const codes = args.filter((arg, i) => given(arg, i) && !BANG.test(arg.text) && !/^\+[\d/]/.test(arg.text))
  const bangs = args.flatMap((arg) => scriptsOf([BANG.exec(arg.text)?.[1]], arg).scripts)
  const lines = (input.text ?? '').split('\n').map((line) => BANG.exec(line)?.[1])
  const { scripts } = scriptsOf(lines, { ...nowhere, taint: input.taint })
  return { ...NOTHING, scripts: [...bangs, ...scripts], codes, language: 'vi' }
}

/** Expressions that Emacs evaluates. */
const emacs: Carrier = (args) => ({
  ...NOTHING,
  codes: valuesOf(args, ['e', 'eval', 'execute'], true),
  language: 'lisp',
})

const makeShell = commandIn(/^(?:SHELL|\.SHELLFLAGS|MAKESHELL)=([\s\S]+)$/)

/** make's recipes from standard input and from --eval, and the shell that runs them. */
function make(args: Args, input: Output): Layer {
  const evaluated = valuesOf(args, ['eval'])
  const fromInput = args.some((arg, i) => /^(?:-|\/dev\/stdin)$/.test(arg.text) && args[i - 1]?.text === '-f')
  const recipes = [...textsOf(evaluated), fromInput ? (input.text ?? '') : ''].flatMap((text) => [
    ...text
      .split('\n')
      .map((line) => /^\t[@+-]*(.+)$/.exec(line)?.[1] ?? /^[^=]*:[^=;]*;(.+)$/.exec(line)?.[1]),
    ...[...text.matchAll(/\$\(shell\s+([^)]*)\)/g)].map((match) => match[1]),
  ])
  return both(makeShell(args, input), scriptsOf(recipes, evaluated[0] ?? args[0] ?? nowhere))
}

/** `socat - EXEC:command` and `SYSTEM:command`; the address may end in options behind commas. */
const socat = commandIn(/^(?:EXEC|SYSTEM|SHELL):["']?([\s\S]+?)["']?(?:,[\w,=.-]*)?$/i)

/** `xterm -e command …`, `gnome-terminal -- command …`. */
function terminal(args: Args): Layer {
  const at = placeIn(args, /^(?:-e|-x|--|--execute|--command|start)$/)
  const rest = at < 0 ? [] : args.slice(at + 1).filter((arg, i) => i > 0 || arg.text !== '--')
  if (rest.length === 0)
    return commandIn(/^--(?:command|execute)=(.+)$/)(args, { text: '', taint: TAINT.none })
  return rest.length === 1 ? scriptLayer(rest) : commandLayer(rest)
}

/** Commands in the code of a Tcl tool: `spawn command …`, `exec command …`. */
const spawned: Carrier = (args, input) => {
  const texts = [...args, { ...nowhere, text: input.text ?? '' }]
  return both(
    ...texts.map((arg) =>
      scriptsOf(
        [...arg.text.matchAll(/\b(?:spawn|exec|system)\s+([^\n;\]]+)/g)].map((match) => match[1]),
        arg,
      ),
    ),
  )
}

/** A tool that runs the command behind one of its verbs, or behind its own words where it has no verbs. */
function runner(verbs: readonly string[], values: readonly string[], skip: number): Carrier {
  const wrapper = { values, skip, assigns: true, scripts: ['c', 'call', 'command'] }
  return (args) => {
    const at = verbs.length === 0 ? -1 : args.findIndex((arg) => !arg.text.startsWith('-'))
    if (verbs.length > 0 && !verbs.includes(args[at]?.text ?? '')) return NOTHING
    const tail = verbs.length === 0 ? [nowhere, ...args] : args.slice(at)
    const { start, scripts } = enterWrapper(wrapper, tail)
    return both(commandLayer(tail.slice(start), true), scriptLayer(scripts))
  }
}

/** The command behind one of the words. */
const behind =
  (signs: readonly string[]): Carrier =>
  (args) => {
    const at = args.findIndex((arg) => signs.includes(arg.text))
    return at < 0 ? NOTHING : commandLayer(args.slice(at + 1), true)
  }

/** Rows of tools, their verbs behind which a command stands, options with a value, and the number of own words before it. */
const RUNNERS = rows(
  `
  devbox poetry pipenv pdm | run
  asdf bundle | exec
  rr uftrace | record
  micromamba conda mamba | run | n name p prefix
  bunx npx | | p package
  toolbox | run | c container d distro r release
  machinectl | shell | uid E setenv | 1
  infisical | run | env path token projectId
  lerna | exec | scope ignore concurrency
  heroku | run | a app
  uv | run | with p python
  npm | exec x | p package
  pnpm | exec dlx | package
  yarn | exec dlx | p package
  aws-vault | exec | d duration | 1
  doppler | run | p project c config
  op | run | env-file
  chamber | exec | | 1
  `,
  '|',
  ([row = '']) => {
    const [verbs = '', values = '', skip = '0'] = row.split('|')
    return runner(words(verbs), words(values), Number(skip))
  },
)

/** Words behind which a tool takes a command: `nix develop -c …`, `guix shell x -- …`. */
const BEHIND = rows(
  `
  guix reflex: --
  distrobox distrobox-enter: -- -e --exec
  nix: -c --command
  `,
  ':',
  ([found = '']) => behind(words(found)),
)

/** Options whose value is a script. */
const IN_OPTIONS = rows(
  `
  fly flyctl: C command
  bpftrace: c
  nodemon: x exec
  man: P pager H html
  gcloud: command
  sbatch: wrap
  xpra: start start-child exec-wrapper
  nix-shell: run command
  rsync: e rsh
  split gsplit: filter
  vagrant: c command
  mapfile readarray: C
  `,
  ':',
  ([found = '']): Carrier =>
    (args) =>
      scriptLayer(valuesOf(args, words(found))),
)

/** cmake has its own rm, env and time: `cmake -E rm -rf dir`. */
function cmake(args: Args): Layer {
  const at = args.findIndex((arg) => arg.text === '-E')
  const [verb, ...rest] = at < 0 ? [] : args.slice(at + 1)
  if (verb === undefined) return NOTHING
  if (/^(?:rm|remove|remove_directory)$/.test(verb.text)) {
    const recursive = verb.text === 'remove_directory' ? [{ ...verb, text: '-rf' }] : []
    return commandLayer([{ ...verb, text: 'rm' }, ...recursive, ...rest])
  }
  if (verb.text === 'chdir') return commandLayer(rest.slice(1))
  return /^(?:env|time)$/.test(verb.text) ? commandLayer([verb, ...rest]) : NOTHING
}

/** hub and yadm take the words of git and run it. */
const asGit: Carrier = (args) =>
  args.length === 0 ? NOTHING : commandLayer([{ ...args[0]!, text: 'git' }, ...args], true)

const gdbCommand = commandIn(/^(?:-ex|--eval-command)?\s*(?:shell|!)\s*(.+)$/)
const lldbCommand = commandIn(/^(?:platform )?shell\s+(.+)$/)

/** `start-stop-daemon --exec program -- arguments`. */
function daemon(args: Args): Layer {
  const at = placeIn(args, /^(?:-x|--exec|-a|--startas)$/)
  const dashes = placeIn(args, /^--$/)
  const program = at < 0 ? [] : args.slice(at + 1, at + 2)
  return commandLayer([...program, ...(dashes < 0 ? [] : args.slice(dashes + 1))])
}

function salt(args: Args): Layer {
  const at = placeIn(args, /^cmd\.(?:run|shell|run_all|exec_code)\w*$/)
  return at < 0 ? NOTHING : scriptLayer(args.slice(at + 1, at + 2))
}

/** Carriers of several tools. */
const SHARED: readonly (readonly [tools: string, carrier: Carrier])[] = [
  ['sed gsed', sed],
  ['awk gawk mawk nawk', awk],
  ['vi vim nvim view ex ed less more', editor],
  ['make gmake', make],
  [
    'xterm urxvt konsole alacritty kitty foot wezterm terminator gnome-terminal xfce4-terminal x-terminal-emulator',
    terminal,
  ],
  ['emacs emacsclient sbcl', emacs],
  ['expect tclsh', spawned],
  ['hub yadm', asGit],
  ['salt salt-ssh', salt],
]

const OWN: Readonly<Record<string, Carrier>> = {
  crontab,
  socat,
  cmake,
  'start-stop-daemon': daemon,
  gdb: (args, input) => both(gdbCommand(args, input), behind(['-args', '--args'])(args, input)),
  lldb: (args, input) => both(lldbCommand(args, input), behind(['--'])(args, input)),
  concurrently: (args) => scriptLayer(withoutOptions(args)),
  print: (args) =>
    /^-[a-zA-Z]*[zs]/.test(args[0]?.text ?? '') && args.length > 1
      ? { ...NOTHING, scripts: [joined(args.slice(1))] }
      : NOTHING,
}

const TABLES = [RUNNERS, BEHIND, IN_OPTIONS]

/** The carrier of the tool; undefined if it runs no command. */
export const toolCarrierOf = remembered<Carrier | undefined>(
  (name) =>
    (Object.hasOwn(OWN, name) ? OWN[name] : undefined) ??
    SHARED.find(([tools]) => tools.split(' ').includes(name))?.[1] ??
    TABLES.map((table) => table.of(name)).find((carrier) => carrier !== undefined),
)

export const toolCarrierNames = (): readonly string[] => [
  ...SHARED.flatMap(([tools]) => tools.split(' ')),
  ...Object.keys(OWN),
  ...TABLES.flatMap((table) => table.names()),
]
