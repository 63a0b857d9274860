// Takes one layer off a command: the command behind sudo, env, timeout, xargs, find -exec …, and scripts in its words.
import { type Arg, baseName, type Output, SOMETHING, TAINT, UNKNOWN } from './model.ts'
import { readOptions } from './options.ts'
import { INTERPRETERS, interpreterName, SHELLS, WRAPPERS, type Wrapper } from './wrappers.ts'

export interface InnerCommand {
  readonly words: readonly Arg[]
  readonly privileged: boolean
  /** It reads the outer command's standard input. */
  readonly inherits: boolean
  readonly assignments: readonly { readonly name: string; readonly value: Arg }[]
}

export interface InnerScript {
  readonly text: string
  readonly taint: number
  readonly span: readonly [number, number]
  readonly parameters?: readonly Arg[]
  /** Values the shell inside starts with. */
  readonly assignments?: readonly { readonly name: string; readonly value: Arg }[]
  readonly privileged?: boolean
}

export interface Layer {
  readonly commands: readonly InnerCommand[]
  readonly scripts: readonly InnerScript[]
  /** Its standard input is run as code. */
  readonly runsInput: false | 'shell' | 'other'
  /** Code in another language it runs. */
  readonly runsText?: Arg
  /** A file it runs as a script. */
  readonly runsFile?: Arg
}

const NOTHING: Layer = { commands: [], scripts: [], runsInput: false }

/** One layer; commands that wrap nothing give an empty one. `words[0]` is the command word. */
export function unwrapLayer(words: readonly Arg[], input: Output): Layer {
  const name = baseName((words[0] as Arg).text)
  if (Object.hasOwn(WRAPPERS, name)) return unwrapTable(WRAPPERS[name] as Wrapper, name, words)
  if (SHELLS.has(name)) return unwrapShell(words)
  const interpreter = interpreterName(name)
  if (interpreter !== undefined) return unwrapInterpreter(interpreter, words)
  return Object.hasOwn(SPECIAL, name) ? (SPECIAL[name] as Special)(words.slice(1), input) : NOTHING
}

export function isWrapper(name: string): boolean {
  return (
    Object.hasOwn(WRAPPERS, name) ||
    Object.hasOwn(SPECIAL, name) ||
    SHELLS.has(name) ||
    interpreterName(name) !== undefined
  )
}

const ASSIGNMENT = /^([A-Za-z_]\w*)=([\s\S]*)$/

/** Where the command behind a wrapper starts, the assignments before it, and scripts in its options. */
export function enterWrapper(wrapper: Wrapper, words: readonly Arg[]) {
  const assignments: { name: string; value: Arg }[] = []
  const scripts: Arg[] = []
  let skip = wrapper.skip ?? 0
  let i = 1
  for (; i < words.length; i++) {
    const word = words[i] as Arg
    const text = word.text
    if (text === '--') {
      i++
      if (skip === 0 || wrapper.afterDashes) break
      continue
    }
    const next = text.length > 1 && text[0] === '-' ? optionAt(wrapper, words, i, scripts) : undefined
    if (next !== undefined) {
      i = next
      continue
    }
    const assignment = wrapper.assigns ? ASSIGNMENT.exec(text) : null
    if (assignment !== null) {
      assignments.push({ name: assignment[1] as string, value: { ...word, text: assignment[2] as string } })
      continue
    }
    if (wrapper.afterDashes) continue
    if (skip-- > 0) continue
    break
  }
  return { start: i, assignments, scripts }
}

/** Index of the option's last word. */
function optionAt(wrapper: Wrapper, words: readonly Arg[], i: number, scripts: Arg[]): number {
  const word = words[i] as Arg
  const text = word.text
  const values = wrapper.values ?? []
  const takes = (name: string): 'value' | 'script' | undefined =>
    wrapper.scripts?.includes(name) ? 'script' : values.includes(name) ? 'value' : undefined
  const dashes = text.startsWith('--') ? 2 : 1
  const equals = text.indexOf('=')
  const whole = takes(text.slice(dashes, equals < 0 ? undefined : equals))
  if (whole !== undefined && (dashes === 2 || text.length > 2)) {
    const value = equals < 0 ? words[i + 1] : { ...word, text: text.slice(equals + 1) }
    if (whole === 'script' && value !== undefined) scripts.push(value)
    return equals < 0 ? i + 1 : i
  }
  if (dashes === 2) return i
  for (let at = 1; at < text.length; at++) {
    const kind = takes(text[at] as string)
    if (kind === undefined) continue
    const joined = at + 1 < text.length
    const value = joined ? { ...word, text: text.slice(at + 1) } : words[i + 1]
    if (kind === 'script' && value !== undefined) scripts.push(value)
    return joined ? i : i + 1
  }
  return i
}

function unwrapTable(wrapper: Wrapper, name: string, words: readonly Arg[]): Layer {
  const { start, assignments, scripts } = enterWrapper(wrapper, words)
  const rest = words.slice(start)
  const privileged = wrapper.privileged === true
  const found = scripts.map((arg) => ({
    text: arg.text,
    taint: arg.taint,
    span: arg.span,
    assignments,
    privileged,
  }))
  if (rest.length === 0)
    return { ...NOTHING, scripts: found, runsInput: privileged && wantsShell(name, words) && 'shell' }
  if (wrapper.joins) return { ...NOTHING, scripts: [...found, { ...joined(rest), assignments, privileged }] }
  return {
    commands: [{ words: rest, privileged, inherits: true, assignments }],
    scripts: found,
    runsInput: false,
  }
}

/** `sudo -s` and `sudo -i` without a command, and plain `su`, start a shell that reads standard input. */
function wantsShell(name: string, words: readonly Arg[]): boolean {
  return (
    name === 'su' ||
    words.some((word) => /^-[A-Za-z]*[si]/.test(word.text) || /^--(?:shell|login)$/.test(word.text))
  )
}

export function joined(words: readonly Arg[]): InnerScript {
  const first = words[0] as Arg
  const last = words.at(-1) as Arg
  return {
    text: words.map((word) => word.text).join(' '),
    taint: words.reduce((sum, word) => sum | word.taint, 0),
    span: [first.span[0], last.span[1]],
  }
}

function unwrapShell(words: readonly Arg[]): Layer {
  let code = false
  let i = 1
  for (; i < words.length; i++) {
    const text = (words[i] as Arg).text
    if (text === '--') {
      i++
      break
    }
    if (text === '-' || !/^[-+]/.test(text)) break
    if (text === '--command') code = true
    if (text.startsWith('--command=')) {
      const word = words[i] as Arg
      return { ...NOTHING, scripts: [{ text: text.slice(10), taint: word.taint, span: word.span }] }
    }
    if (/^-[A-Za-z]*c/.test(text)) code = true
    if (/^(?:[-+][A-Za-z]*[oO]|--rcfile|--init-file)$/.test(text)) i++
    if (/^-[A-Za-z]*s/.test(text) && !code) return { ...NOTHING, runsInput: 'shell' }
  }
  const operand = words[i]
  if (code) {
    if (operand === undefined) return NOTHING
    const script = {
      text: operand.text,
      taint: operand.taint,
      span: operand.span,
      parameters: words.slice(i + 2),
    }
    return { ...NOTHING, scripts: [script] }
  }
  if (
    operand === undefined ||
    operand.text === '-' ||
    /^\/(?:dev\/stdin|dev\/fd\/0|proc\/self\/fd\/0)$/.test(operand.text)
  )
    return { ...NOTHING, runsInput: 'shell' }
  return { ...NOTHING, runsFile: operand }
}

function unwrapInterpreter(name: string, words: readonly Arg[]): Layer {
  const codes = INTERPRETERS[name] as readonly string[]
  const backticks = name === 'ruby' || name === 'perl' || name === 'php'
  for (let i = 1; i < words.length; i++) {
    const word = words[i] as Arg
    const text = word.text
    if (text === '-' || text === '/dev/stdin') return { ...NOTHING, runsInput: 'other' }
    const bare = text.startsWith('--') ? text.slice(2) : text.startsWith('-') ? text.slice(1) : undefined
    if (bare === undefined) {
      if (codes.includes(text)) return codeLayer(words[i + 1], backticks)
      return { ...NOTHING, runsFile: word }
    }
    if (text.startsWith('--')) {
      const [key, value] = [bare.split('=', 1)[0] as string, bare.indexOf('=')]
      if (codes.includes(key))
        return codeLayer(value < 0 ? words[i + 1] : { ...word, text: bare.slice(value + 1) }, backticks)
      continue
    }
    const at = [...bare].findIndex((letter) => codes.includes(letter))
    if (at >= 0)
      return codeLayer(at + 1 < bare.length ? { ...word, text: bare.slice(at + 1) } : words[i + 1], backticks)
    // python -m module, node --version …: no code from standard input.
    if (/^[mvVhS]/.test(bare)) return NOTHING
  }
  return { ...NOTHING, runsInput: 'other' }
}

function codeLayer(code: Arg | undefined, hasBackticks: boolean): Layer {
  if (code === undefined) return NOTHING
  return { ...NOTHING, ...foreignCode(code, hasBackticks), runsText: code }
}

const CALLS_SHELL =
  /(?:system|popen\w*|exec\w*|spawn\w*|run|call|check_output|check_call|passthru|shell_exec)\s*\(?\s*\[?\s*(["'`])((?:\\.|(?!\1)[^\\]){1,2000})\1/g
const DELETES_TREE =
  /(?:rmtree|rmSync|rmdirSync|rm_rf|rm_r|remove_tree|remove_entry\w*|\brm)\s*\(?\s*(["'])((?:\\.|(?!\1)[^\\]){1,500})\1/g

/** Shell commands and tree deletions in the code of other languages: calls with a literal string only. */
export function foreignCode(
  code: Pick<Arg, 'text' | 'taint' | 'span'>,
  hasBackticks = false,
): Pick<Layer, 'scripts'> {
  const scripts: InnerScript[] = []
  for (const call of code.text.matchAll(CALLS_SHELL)) {
    const rest = code.text.slice(call.index + call[0].length, call.index + call[0].length + 500)
    // subprocess.run(["rm", "-rf", "/"]): the following literals belong to the same command.
    const items = /^(?:\s*,\s*["'][^"']*["'])+/.exec(rest)
    const more = [...(items?.[0] ?? '').matchAll(/["']([^"']*)["']/g)].map((item) => item[1])
    scripts.push({ text: [call[2], ...more].join(' '), taint: code.taint, span: code.span })
  }
  if (hasBackticks)
    for (const call of code.text.matchAll(/(?:`|(?:%x|qx)[{(])([^`{}()]{1,2000})[`})]/g))
      scripts.push({ text: call[1] as string, taint: code.taint, span: code.span })
  for (const call of code.text.matchAll(DELETES_TREE)) {
    scripts.push({
      text: `rm -rf '${(call[2] as string).replaceAll("'", '')}'`,
      taint: code.taint,
      span: code.span,
    })
  }
  return { scripts }
}

type Special = (args: readonly Arg[], input: Output) => Layer

function item(text: string, near: Arg): Arg {
  return { text, span: near.span, taint: TAINT.opaque }
}

function command(words: readonly Arg[], inherits = false): Layer {
  if (words.length === 0) return NOTHING
  return { ...NOTHING, commands: [{ words, privileged: false, inherits, assignments: [] }] }
}

function replaced(words: readonly Arg[], marker: string, items: readonly Arg[]): Arg[] {
  return words.flatMap((word) =>
    word.text === marker
      ? items
      : word.text.includes(marker)
        ? items.slice(0, 1).map((one) => ({ ...word, text: word.text.replaceAll(marker, one.text) }))
        : [word],
  )
}

function xargs(args: readonly Arg[], input: Output): Layer {
  const wrapper: Wrapper = {
    values: 'I n P L d a s E max-args max-procs max-lines delimiter arg-file replace max-chars'.split(' '),
  }
  const head = [args[0] ?? item('', { text: '', span: [0, 0], taint: 0 }), ...args]
  const { start } = enterWrapper(wrapper, head)
  const words = head.slice(start)
  if (words.length === 0) return NOTHING
  const near = words[0] as Arg
  const items =
    input.text === undefined
      ? input.under === undefined
        ? [{ ...near, text: UNKNOWN, taint: input.taint | TAINT.opaque }]
        : input.under.map((text) => item(text, near))
      : input.text
          .split(/[\s\0]+/)
          .filter((text) => text !== '')
          .slice(0, 100)
          .map((text) => ({ text, span: near.span, taint: input.taint }))
  const options = readOptions('xargs', args.slice(0, start - 1))
  const marker = markerOf(args.slice(0, start - 1)) ?? (options.flag('i') ? '{}' : undefined)
  return command(marker === undefined ? [...words, ...items] : replaced(words, marker, items))
}

function markerOf(options: readonly Arg[]): string | undefined {
  for (const [i, word] of options.entries()) {
    if (word.text === '-I' || word.text === '-J') return options[i + 1]?.text
    if (/^-[IJ]./.test(word.text)) return word.text.slice(2)
    if (word.text.startsWith('--replace=')) return word.text.slice(10)
    if (word.text === '--replace') return '{}'
  }
  return undefined
}

/** Tests that leave only some files of the tree; without one of them the whole tree is meant. */
const FIND_FILTERS =
  /^-(?:i?name|i?path|i?regex|i?wholename|i?lname|type|[mac]time|[mac]min|newer.*|size|empty|user|group|uid|perm|nouser|nogroup|mindepth|maxdepth|links|inum|samefile)$/

/** Where a find starts, and what each found file may be. */
export function findTargets(args: readonly Arg[]): {
  readonly whole: boolean
  readonly tops: readonly Arg[]
} {
  const from = args.findIndex((arg) => !/^-(?:[HLP]|O\d|D)$/.test(arg.text))
  const rest = args.slice(Math.max(from, 0))
  const end = rest.findIndex((arg) => /^[-(!]/.test(arg.text))
  const tops = end < 0 ? rest : rest.slice(0, end)
  const near = args[0] ?? { text: '.', span: [0, 0] as const, taint: 0 }
  const whole = !rest.some((arg) => FIND_FILTERS.test(arg.text))
  return { whole, tops: tops.length === 0 ? [{ ...near, text: '.' }] : tops }
}

function find(args: readonly Arg[]): Layer {
  const { whole, tops } = findTargets(args)
  const items = tops.map((top) => (whole ? top : { ...top, text: `${top.text}/${SOMETHING}` }))
  const commands: InnerCommand[] = []
  for (let i = 0; i < args.length; i++) {
    if (!/^-(?:exec|execdir|ok|okdir)$/.test((args[i] as Arg).text)) continue
    const end = args.findIndex((arg, at) => at > i && /^(?:;|\+)$/.test(arg.text))
    const words = args.slice(i + 1, end < 0 ? undefined : end)
    if (words.length > 0)
      commands.push({
        words: replaced(words, '{}', items),
        privileged: false,
        inherits: false,
        assignments: [],
      })
    i += words.length
  }
  return { ...NOTHING, commands }
}

function fd(args: readonly Arg[]): Layer {
  const at = args.findIndex((arg) => /^(?:-x|-X|--exec|--exec-batch)$/.test(arg.text))
  if (at < 0) return NOTHING
  const words = args.slice(at + 1)
  if (words.length === 0) return NOTHING
  // fd pattern directory …: names found below a directory given, or below this one.
  const top = args.slice(0, at).filter((arg) => !arg.text.startsWith('-'))[1]?.text ?? '.'
  const found = item(`${top}/${SOMETHING}`, words[0] as Arg)
  return command(
    words.some((word) => word.text.includes('{}')) ? replaced(words, '{}', [found]) : [...words, found],
  )
}

/** `docker exec`/`run`, `podman`, `kubectl exec`: the command after the container's or image's name. */
function container(args: readonly Arg[]): Layer {
  const at = args.findIndex((arg) => /^(?:exec|run)$/.test(arg.text))
  if (at < 0) return NOTHING
  const values =
    'e env v volume w workdir u user name p publish network entrypoint mount l label env-file h hostname m memory c container n namespace cpus platform pull restart device add-host cap-add security-opt index'.split(
      ' ',
    )
  const tail = args.slice(at)
  const dashes = tail.findIndex((arg) => arg.text === '--')
  if (dashes > 0) return command(tail.slice(dashes + 1), true)
  const { start } = enterWrapper({ values, skip: 1 }, tail)
  return command(tail.slice(start), true)
}

function parallel(args: readonly Arg[], input: Output): Layer {
  const split = args.findIndex((arg) => /^:::/.test(arg.text))
  const wrapper: Wrapper = {
    values: 'j jobs I a arg-file S sshlogin C colsep N n L delay timeout joblog results'.split(' '),
  }
  const head = [args[0] as Arg, ...(split < 0 ? args : args.slice(0, split))]
  if (args.length === 0) return NOTHING
  const words = head.slice(enterWrapper(wrapper, head).start)
  const near = args[0] as Arg
  const given =
    split >= 0
      ? args.slice(split + 1).slice(0, 20)
      : input.text !== undefined
        ? input.text
            .split('\n')
            .filter(Boolean)
            .slice(0, 20)
            .map((text) => ({ text, span: near.span, taint: input.taint }))
        : [item(`./${SOMETHING}`, near)]
  const scripts = given.map((one) => {
    const all =
      words.length === 0
        ? [one]
        : words.some((word) => word.text.includes('{}'))
          ? replaced(words, '{}', [one])
          : [...words, one]
    return joined(all)
  })
  return { ...NOTHING, scripts }
}

function scriptWords(args: readonly Arg[]): Layer {
  return { ...NOTHING, scripts: args.map((arg) => ({ text: arg.text, taint: arg.taint, span: arg.span })) }
}

function git(args: readonly Arg[]): Layer {
  const scripts: InnerScript[] = []
  const add = (arg: Arg | undefined, text: string | undefined) => {
    if (arg !== undefined && text !== undefined && text !== '')
      scripts.push({ text, taint: arg.taint, span: arg.span })
  }
  for (const [i, arg] of args.entries()) {
    // An alias or hook given on the line: -c alias.x='!cmd', config alias.x '!cmd'.
    const alias = /^alias\.[^=]+=!([\s\S]*)$/.exec(arg.text)
    if (alias !== null) add(arg, alias[1])
    const next = args[i + 1]
    if (/^alias\.[^=]+$/.test(arg.text) && next?.text.startsWith('!')) add(next, next.text.slice(1))
    if (arg.text === '--exec' || (arg.text === '-x' && args[0]?.text === 'rebase')) add(next, next?.text)
    if (arg.text.startsWith('--exec=')) add(arg, arg.text.slice(7))
    if (/^--(?:tree|index|msg|env)-filter$/.test(arg.text)) add(next, next?.text)
  }
  const each = args.findIndex((arg) => arg.text === 'foreach')
  if (each >= 0 && args[0]?.text === 'submodule') {
    const words = args.slice(each + 1).filter((arg) => arg.text !== '--recursive')
    if (words.length > 0) scripts.push(joined(words))
  }
  if (args[0]?.text === 'bisect' && args[1]?.text === 'run') return { ...command(args.slice(2)), scripts }
  return { ...NOTHING, scripts }
}

function tmux(args: readonly Arg[]): Layer {
  const at = args.findIndex((arg) =>
    /^(?:new|new-session|neww|new-window|send-keys|send|splitw|split-window|respawn-pane|run-shell|run)$/.test(
      arg.text,
    ),
  )
  return at < 0 ? NOTHING : scriptWords(args.slice(at + 1).filter((arg) => !arg.text.startsWith('-')))
}

function afterValue(...names: readonly string[]): Special {
  return (args) => {
    const at = args.findIndex((arg) => names.includes(arg.text))
    return at < 0 ? NOTHING : scriptWords(args.slice(at + 1, at + 2))
  }
}

/** In fish, `source` alone reads standard input. */
function source(args: readonly Arg[]): Layer {
  const file = args.find((arg) => arg.text !== '--')
  return file === undefined || /^(?:-|\/dev\/stdin|\/dev\/fd\/0)$/.test(file.text)
    ? { ...NOTHING, runsInput: 'shell' }
    : { ...NOTHING, runsFile: file }
}

/** Options of ordinary tools whose value is a command of its own. */
function commandIn(pattern: RegExp): Special {
  return (args) => {
    const found = args.flatMap((arg, i) => {
      const match = pattern.exec(arg.text)
      if (match === null) return []
      const text = match[1]
      const next = args[i + 1]
      return text ? [{ ...arg, text }] : next === undefined ? [] : [next]
    })
    return scriptWords(found)
  }
}

const editor = commandIn(/^(?:-c|--cmd|\+)?[: ]*!(.+)$/)

const SPECIAL: Readonly<Record<string, Special>> = {
  xargs,
  find,
  gfind: find,
  fd,
  fdfind: fd,
  docker: container,
  podman: container,
  nerdctl: container,
  'docker-compose': container,
  kubectl: container,
  oc: container,
  lxc: container,
  incus: container,
  parallel,
  git,
  tmux,
  awk: (args) => ({ ...NOTHING, scripts: args.flatMap((arg) => foreignCode(arg).scripts) }),
  gawk: (args) => ({ ...NOTHING, scripts: args.flatMap((arg) => foreignCode(arg).scripts) }),
  mawk: (args) => ({ ...NOTHING, scripts: args.flatMap((arg) => foreignCode(arg).scripts) }),
  tar: commandIn(/^(?:--checkpoint-action=exec=|--to-command=|--use-compress-program=|--rsh-command=)(.+)$/),
  rsync: commandIn(/^(?:-[a-zA-Z]*e|--rsh(?:=(.+))?)$/),
  vi: editor,
  vim: editor,
  nvim: editor,
  ex: editor,
  trap: (args) => scriptWords(args.filter((arg) => !arg.text.startsWith('-')).slice(0, 1)),
  alias: (args) =>
    scriptWords(
      args.flatMap((arg) =>
        arg.text.includes('=') ? [{ ...arg, text: arg.text.slice(arg.text.indexOf('=') + 1) }] : [],
      ),
    ),
  ansible: afterValue('-a', '--args'),
  vagrant: afterValue('-c', '--command'),
  screen: (args) =>
    command(
      args.slice(
        Math.max(
          0,
          args.findIndex(
            (arg, i) => !arg.text.startsWith('-') && !/^-[SptTc]$|^-dmS$/.test(args[i - 1]?.text ?? ''),
          ),
        ),
      ),
    ),
  at: () => ({ ...NOTHING, runsInput: 'shell' }),
  batch: () => ({ ...NOTHING, runsInput: 'shell' }),
  adb: (args) =>
    args[0]?.text === 'shell' && args.length > 1 ? { ...NOTHING, scripts: [joined(args.slice(1))] } : NOTHING,
  '.': source,
  source,
}
