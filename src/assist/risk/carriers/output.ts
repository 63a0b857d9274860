// What a command prints, as far as its words say it (echo, printf, and decoders of an input that the line shows); otherwise where the output comes from.

import { readOptions } from '../line/options.ts'
import { resolvePath } from '../line/paths.ts'
import { names, words } from '../lookup.ts'
import {
  type Args,
  baseName,
  fromOf,
  NO_OUTPUT,
  type Output,
  placeIn,
  type Scope,
  type SimpleCommand,
  SOMETHING,
  said,
  says,
  TAINT,
  taintOf,
  textsOf,
  UNKNOWN,
  withoutOptions,
} from '../model.ts'
import { contentOf } from '../writes/written.ts'
import { filtered, listed } from './listings.ts'
import { printsSecret, taintOfFile } from './secrets.ts'

const NETWORK = names(
  'curl wget wget2 fetch lynx links w3m http https xh httpie aria2c nc ncat netcat socat telnet ftp ssh axel dig host nslookup drill',
)
/** Without arguments these commands print every variable, or everything that was typed. */
const LISTS_VALUES = names('env printenv history export set declare typeset')
/** Programs that are documented to be used as `eval "$(program …)"`. */
const GENERATORS = names(
  `ssh-agent gpg-agent keychain direnv brew pyenv rbenv nodenv goenv jenv phpenv fnm volta starship zoxide atuin mise rtx
  opam conda mamba micromamba thefuck karo fzf docker-machine minikube dircolors gdircolors lesspipe lesspipe.sh resize
  luarocks asdf oh-my-posh navi tmuxifier register-python-argcomplete pipenv poetry sheldon antibody vivid devbox guix`,
)
/** Asked about every word, of which most come once: answers that are kept would cost more than a set. */
const GENERATING_WORDS = new Set(
  words(
    'completion completions --completion shellenv shell-init init hook activate alias --init --bash --zsh --fish',
  ),
)
const DECODERS = names(
  'base64 base32 basenc openssl xxd gunzip zcat uncompress bzcat xzcat zstdcat gzip bzip2 xz zstd lz4 rev tac tr uudecode gpg ccrypt age',
)
/** What a shell does itself, wherever it looks for programs. */
export const BUILTINS = names(
  `: true false cd pushd popd export set declare typeset unset alias source . test [ echo printf exit return break continue shift local
  readonly read wait trap let`,
)
const SILENT = names('sleep mkdir touch rm cp mv chmod chown ln')

/** Tools for connections that stay open both ways, so that somebody may be typing what they print. */
const DIALOGUES = names('nc ncat netcat socat telnet')

const unknown = (taint: number, under?: Output['under']): Output => ({ text: undefined, taint, under })

/** The files that the words name, by their full paths, or whose content they have. */
const filesIn = (words: Args, scope: Scope): Args =>
  words.flatMap((word) => word.output?.from ?? { ...word, text: resolvePath(word.text, scope) })

/** What is printed of the words. */
const printed = (text: string, args: Args): Output => ({
  text,
  taint: taintOf(args),
  from: fromOf(args),
})

/** The beginning of a word for the processes that `pgrep` and `pidof` list; the name that they search follows. */
export const PROCESS = './\u0003'

/** Output of a command that is not a wrapper itself. */
export function outputOf(command: SimpleCommand): Output {
  const { name, args, input, scope } = command
  const taint = taintOf(args)
  if (name === 'echo') return echo(args)
  if (name === 'printf') return printf(args)
  if (name === 'print' && scope.shell === 'zsh') return print(args)
  if (LISTS_VALUES.has(name) && args.length === 0) return unknown(TAINT.opaque | TAINT.secret)
  if (SILENT.has(name) || BUILTINS.has(name)) return NO_OUTPUT
  if (name === 'pgrep' || name === 'pidof')
    return unknown(
      taint | TAINT.opaque,
      withoutOptions(args).map((arg) => `${PROCESS}${arg.text}`),
    )
  if (NETWORK.has(name)) {
    const keys = args.some((arg) => arg.text.includes('169.254.169.254')) ? TAINT.secret : TAINT.none
    return unknown(TAINT.network | keys | (DIALOGUES.has(name) ? TAINT.dialogue : TAINT.none) | input.taint)
  }
  if (GENERATORS.has(name) || args.some((arg) => GENERATING_WORDS.has(arg.text)))
    return unknown(TAINT.generated)
  if (DECODERS.has(name))
    return decoded(command) ?? unknown(TAINT.opaque | input.taint | secretTaint(command))
  if (name === 'cat' || name === 'tee' || name === 'head' || name === 'tail') return reader(command)
  if (name === 'sed' && input.text !== undefined && args.length === 1) return edited(input, args[0]!.text)
  if (name === 'yes') return { text: `${said({ args }) || 'y'}\n`, taint }
  if (name === 'string') return fishString(args)
  if (name === 'psub') return { text: `/dev/fd/${SOMETHING}`, taint: input.taint, feeds: input }
  const computed = pathTool(command)
  if (computed !== undefined) return { text: computed, taint }
  const files = listed(command)
  if (files !== undefined) return unknown(TAINT.opaque, files)
  return {
    ...unknown(
      TAINT.opaque | input.taint | secretTaint(command),
      input.under && filtered(command, input.under),
    ),
    from: [...(input.from ?? []), ...filesIn(args, scope)],
  }
}

/** The scope in which operands are read: tar's -C names the directory that they lie in. */
function whereRead({ name, args, scope }: SimpleCommand): Scope {
  const into = name === 'tar' ? placeIn(args, /^(?:-C|--directory)$/) : -1
  return into < 0 ? scope : { ...scope, cwd: resolvePath(args[into + 1]?.text ?? '.', scope) }
}

function secretTaint(command: SimpleCommand): number {
  const where = whereRead(command)
  const printed = printsSecret(command) ? TAINT.secret | TAINT.credential : TAINT.none
  return command.args.reduce(
    (sum, { text }) => sum | taintOfFile(text.replace(/^if=/, ''), where),
    printed as number,
  )
}

function reader(command: SimpleCommand): Output {
  const files = readOptions(command.name, command.args).operands.filter((arg) => arg.text !== '-')
  if (command.name === 'tee' || files.length === 0) {
    return command.name === 'cat' || command.name === 'tee'
      ? command.input
      : { ...command.input, text: undefined, taint: command.input.taint | TAINT.opaque }
  }
  // A process substitution in the file's place has an output of its own.
  if (command.name === 'cat' && files.length === 1 && files[0]?.output !== undefined) return files[0].output
  const written =
    files.length === 1 && command.name === 'cat' ? contentOf(files[0]?.text ?? '', command.scope) : undefined
  if (written !== undefined) return { ...written, taint: written.taint | secretTaint(command) }
  const kind = command.name === 'cat' ? TAINT.file : TAINT.opaque
  return { ...unknown(kind | taintOf(files) | secretTaint(command)), from: filesIn(files, command.scope) }
}

/** The input after a sed program that only substitutes plain text: `s/a/b/; s/c/d/g`. */
function edited(input: Output, program: string): Output {
  let text = input.text as string
  for (const part of program.split(/[;\n]/)) {
    const match = /^\s*s([^\w\s\\])([^\\[\]*.^$]*?)\1([^\\&]*?)\1(g?)\s*$/.exec(part)
    if (match === null) return unknown(input.taint | TAINT.opaque)
    const [, , from = '', to = '', all] = match
    text = all === 'g' ? text.replaceAll(from, () => to) : text.replace(from, () => to)
  }
  return { text: text.slice(0, 65_536), taint: input.taint }
}

/**
 * Output of fish's `string join`, `unescape` and so on; a subcommand that is not followed gives its words unchanged.
 */
function fishString(args: Args): Output {
  const from = args.findIndex((arg, i) => i > 0 && !arg.text.startsWith('-'))
  const words = from < 0 ? [] : args.slice(from)
  const joins = args[0]?.text === 'join'
  const [separator, rest] = joins ? [words[0]?.text ?? '', words.slice(1)] : ['\n', words]
  const text = textsOf(rest).join(separator)
  return { text: args[0]?.text === 'unescape' ? decodeEscapes(text) : text, taint: taintOf(args) }
}

function pathTool(command: SimpleCommand): string | undefined {
  const operands = readOptions('', command.args).operands
  const first = operands[0]?.text
  switch (command.name) {
    case 'pwd':
      return command.scope.cwd
    case 'mktemp':
      return `/tmp/${SOMETHING}`
    case 'which':
    case 'command':
    case 'type':
      return first === undefined || first.includes('/') ? first : `/usr/local/bin/${first}`
    case 'realpath':
    case 'readlink':
      return first
    case 'basename':
      return first === undefined ? undefined : baseName(first.replace(/\/+$/, ''))
    case 'dirname':
      return first === undefined
        ? undefined
        : first.includes('/')
          ? first.replace(/\/+[^/]*$/, '') || '/'
          : '.'
    case 'whoami':
    case 'id':
    case 'hostname':
    case 'date':
    case 'nproc':
    case 'uname':
    case 'arch':
      return SOMETHING
    default:
      return undefined
  }
}

function echo(args: Args): Output {
  let from = 0
  let escapes = false
  for (; /^-[neE]+$/.test(args[from]?.text ?? ''); from++) escapes ||= args[from]!.text.includes('e')
  const text = args
    .slice(from)
    .map((arg) => arg.text)
    .join(' ')
  return printed(`${escapes ? decodeEscapes(text) : text}\n`, args)
}

/** zsh's print: -l puts each word on a line, -N ends words with NUL. Other letters are not followed. */
function print(args: Args): Output {
  const end = args.findIndex((arg) => !/^-[rnlNo]+$/.test(arg.text))
  const words = args.slice(end < 0 ? args.length : end)
  if (/^-[A-Za-z]/.test(words[0]?.text ?? '')) return unknown(taintOf(args) | TAINT.opaque)
  const letters = args
    .slice(0, args.length - words.length)
    .map((arg) => arg.text)
    .join('')
  const plain = /^--?$/.test(words[0]?.text ?? '') ? words.slice(1) : words
  const text = plain
    .map((arg) => arg.text)
    .join(letters.includes('l') ? '\n' : letters.includes('N') ? '\0' : ' ')
  return printed(`${letters.includes('r') ? text : decodeEscapes(text)}\n`, args)
}

export function printf(args: Args): Output {
  const rest = args[0]?.text === '--' ? args.slice(1) : args
  if (rest[0]?.text === '-v') return NO_OUTPUT
  const format = rest[0]?.text ?? ''
  const values = rest.slice(1).map((arg) => arg.text)
  let next = 0
  let text = ''
  // The format repeats until the values are used up. An escape that yields a % starts no directive.
  do {
    const before = next
    text += format.replace(
      /\\(?:x[0-9A-Fa-f]{1,2}|[0-7]{1,4}|u[0-9A-Fa-f]{1,4}|[\s\S])|%(?:%|[-0-9.*#+ ]*([a-zA-Z]))/g,
      (whole, kind: string | undefined) => {
        if (whole === '%%') return '%'
        if (kind === undefined) return decodeEscapes(whole)
        const value = values[next++] ?? ''
        return kind === 'b' ? decodeEscapes(value) : value
      },
    )
    if (next === before) break
  } while (next < values.length && text.length < 4096)
  return printed(text, args)
}

/** Decodes the backslash escapes of echo -e and printf. */
function decodeEscapes(text: string): string {
  return text.replace(
    /\\(?:x([0-9A-Fa-f]{1,2})|0?([0-7]{1,3})|u([0-9A-Fa-f]{1,4})|(.))/g,
    (_all, hex, octal, unicode, char) => {
      if (hex) return String.fromCharCode(Number.parseInt(hex, 16))
      if (octal) return String.fromCharCode(Number.parseInt(octal, 8))
      if (unicode) return String.fromCharCode(Number.parseInt(unicode, 16))
      return (
        { n: '\n', t: '\t', r: '\r', e: '', a: '', b: '', f: '', v: '' }[char as string] ?? (char as string)
      )
    },
  )
}

/** What a decoder prints; undefined if its options do not make it decode. */
function decoded({ name, args, input }: SimpleCommand): Output | undefined {
  const options = readOptions(name, args)
  const decodes =
    options.flag('d', 'D', 'r', 'decode', 'decrypt', 'decompress', 'revert') !== undefined ||
    /cat$|^(?:gunzip|uncompress|rev|tac|tr|uudecode)$/.test(name)
  if (!decodes) return undefined
  const file =
    name === 'openssl' ? args.some((arg) => arg.text === '-in') : options.operands.length > 0 && name !== 'tr'
  const source = file ? undefined : input.text
  const taint = input.taint | TAINT.decoded
  if (source === undefined || source.includes(UNKNOWN)) return { text: undefined, taint }
  const text = source.trim()
  if (name === 'base64' || (name === 'openssl' && says({ args }, /base64|^-a$/)))
    return { text: Buffer.from(text, 'base64').toString('utf8'), taint }
  if (name === 'tr') return { text: translated(source, args), taint }
  if (name === 'base32') return { text: fromBase32(text), taint }
  if (name === 'xxd') return { text: Buffer.from(text.replace(/\s/g, ''), 'hex').toString('utf8'), taint }
  if (name === 'rev')
    return {
      text: text
        .split('\n')
        .map((line) => [...line].reverse().join(''))
        .join('\n'),
      taint,
    }
  return { text: undefined, taint }
}

/** tr with ranges and deletion: `tr a-z n-za-m`. */
function translated(text: string, args: Args): string {
  const deletes = says({ args }, /^-[a-z]*d/)
  const [from = '', to = ''] = withoutOptions(args).map((arg) => charsOf(arg.text))
  return [...text]
    .map((char) => {
      const at = from.indexOf(char)
      return at < 0 ? char : deletes ? '' : (to[Math.min(at, to.length - 1)] ?? char)
    })
    .join('')
}

function charsOf(set: string): string {
  const named = set
    .replace('[:upper:]', 'A-Z')
    .replace('[:lower:]', 'a-z')
    .replace('[:digit:]', '0-9')
    .replace('[:space:]', ' \n\t')
  return decodeEscapes(named).replace(/([A-Za-z0-9])-([A-Za-z0-9])/g, (_all, first: string, last: string) => {
    const length = Math.max(0, last.charCodeAt(0) - first.charCodeAt(0) + 1)
    return String.fromCharCode(
      ...Array.from({ length: Math.min(length, 128) }, (_, i) => first.charCodeAt(0) + i),
    )
  })
}

function fromBase32(text: string): string {
  let bits = ''
  for (const char of text.toUpperCase().slice(0, 8_192)) {
    const value = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char)
    if (value >= 0) bits += value.toString(2).padStart(5, '0')
  }
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))).toString('utf8')
}
