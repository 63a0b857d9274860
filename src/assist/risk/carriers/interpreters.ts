// Finds the code that shells and other interpreters run: in their words, in files, in their input.

import { type Arg, type Args, said, TAINT } from '../model.ts'
import { filesTouched, UNDERSTOOD } from '../writes/foreign-files.ts'
import { callsThat } from './foreign-calls.ts'
import { type InnerScript, type Layer, NOTHING } from './layers.ts'
import { INTERPRETERS } from './wrappers.ts'

export function unwrapShell(words: Args): Layer {
  const first = startScripts(words)
  const rest = unwrapShellCode(words)
  return {
    ...rest,
    scripts: [...first.scripts, ...rest.scripts],
    runsFile: rest.runsFile ?? first.runsFile,
  }
}

/** Code that a shell runs first: fish's `-C code` and bash's `--rcfile file`. */
function startScripts(words: Args): Layer {
  const scripts: InnerScript[] = []
  let runsFile: Arg | undefined
  const isFish = words[0]?.text === 'fish'
  for (const [i, word] of words.entries()) {
    const next = words[i + 1]
    const code = isFish ? /^(?:-[a-zA-Z]*C|--init-command(?:=|$))([\s\S]*)$/.exec(word.text) : null
    const value = code === null ? undefined : code[1] ? { ...word, text: code[1] } : next
    if (value !== undefined) scripts.push(value)
    if (/^--?(?:rcfile|init-file)$/.test(word.text)) runsFile = next
  }
  return { ...NOTHING, scripts, runsFile }
}

/** The dash of a word that bash takes after one dash as after two. Its letters are no options written together. */
export const BASH_WORD =
  /^-(?=(?:norc|noprofile|noediting|login|posix|restricted|verbose|version|rcfile|init-file)$)/

function unwrapShellCode(words: Args): Layer {
  let code = false
  let i = 1
  for (; i < words.length; i++) {
    const text = words[i]!.text.replace(BASH_WORD, '--')
    if (text === '--') {
      i++
      break
    }
    if (text === '-' || !/^[-+]/.test(text)) break
    if (text === '--command') code = true
    if (text.startsWith('--command=')) {
      return { ...NOTHING, scripts: [{ ...words[i]!, text: text.slice(10) }] }
    }
    if (/^-[A-Za-z]*c/.test(text)) code = true
    if (/^(?:[-+][A-Za-z]*[oO]|--rcfile|--init-file|--init-command|-C)$/.test(text)) i++
    if (/^-[A-Za-z]*s/.test(text) && !code) {
      const from = words[i + 1]?.text === '--' ? i + 2 : i + 1
      return { ...NOTHING, runsInput: true, parameters: words.slice(from) }
    }
  }
  const operand = words[i]
  if (code) {
    if (operand === undefined) return NOTHING
    const script = {
      ...operand,
      parameters: words.slice(i + 2),
      assignments: words.slice(i + 1, i + 2).map((value) => ({ name: '0', value })),
    }
    return { ...NOTHING, scripts: [script] }
  }
  if (
    operand === undefined ||
    operand.text === '-' ||
    /^\/(?:dev\/stdin|dev\/fd\/0|proc\/self\/fd\/0)$/.test(operand.text)
  )
    return { ...NOTHING, runsInput: true }
  return { ...NOTHING, runsFile: operand }
}

/** Letters of options that take a value. A value joined to its letter may look like more letters. */
const VALUE_LETTERS: Readonly<Record<string, RegExp>> = {
  perl: /[MmIC0]/,
  ruby: /[rICKTE]/,
  python: /[WX]/,
  python2: /[WX]/,
  python3: /[WX]/,
  node: /r/,
  nodejs: /r/,
  php: /[dcz]/,
}

export function unwrapInterpreter(name: string, words: Args): Layer {
  const { language = 'other', options = [] } = INTERPRETERS.of(name) ?? {}
  const codes: Arg[] = []
  const layer = (more: Partial<Layer>): Layer =>
    codes.length === 0
      ? { ...NOTHING, language, ...more }
      : { ...NOTHING, language, codes, origin: originOfRunCode(said({ args: words })) }
  const add = (word: Arg, text: string): void => {
    codes.push({ ...word, text })
  }
  for (let i = 1; i < words.length; i++) {
    const word = words[i]!
    const text = word.text
    if (text === '-' || text === '/dev/stdin') return layer({ runsInput: true })
    const bare = text.startsWith('--') ? text.slice(2) : text.startsWith('-') ? text.slice(1) : undefined
    const next = words[i + 1] ?? { ...word, text: '' }
    if (bare === undefined) {
      if (codes.length > 0 || !options.includes(text)) return layer({ runsFile: word })
      add(next, next.text)
      return layer({})
    }
    if (text.startsWith('--')) {
      const [key, value] = [bare.split('=', 1)[0] as string, bare.indexOf('=')]
      if (!options.includes(key)) continue
      if (value < 0) add(next, words[++i]?.text ?? '')
      else add(word, bare.slice(value + 1))
      continue
    }
    // In `-rsocket -e …` the letters behind `r` are the name of a module.
    const named = VALUE_LETTERS[name]?.exec(bare)
    if (bare.length > 1 && options.includes(bare)) {
      add(next, words[++i]?.text ?? '')
      continue
    }
    const letters = named === undefined || named === null ? bare : bare.slice(0, named.index)
    const at = [...letters].findIndex((letter) => options.includes(letter))
    if (at >= 0) {
      if (at + 1 < bare.length) add(word, bare.slice(at + 1))
      else add(next, words[++i]?.text ?? '')
      // What follows are words for the program.
      if (language === 'python') return layer({})
      continue
    }
    // These options end the search: python -m runs a module, node --version only prints.
    if (/^[mvVhS]/.test(bare) && !named) return layer({})
    if (named && named.index === bare.length - 1) i++
  }
  return layer({ runsInput: true })
}

const CALLS = callsThat('runs')
const CALLS_SHELL = new RegExp(
  `${CALLS}\\s{0,9}\\(?\\s{0,9}\\[?\\s{0,9}f?(["'\`])((?:\\\\.|(?!\\1)[^\\\\]){1,2000})\\1`,
  'g',
)
/** Such a call in which everything is known, so that the command says all about it. */
const WHOLE_CALL = new RegExp(
  `${CALLS}\\s{0,9}\\(?\\s{0,9}\\[?\\s{0,9}(["'\`])[^"'\`\\\\$#@{]*\\1(?:\\s*,\\s*\\[?\\s*["'][^"'\\\\$#@{]*["'])*\\s*\\]?(?=\\s*(?:[);}\\n]|$|,\\s*(?:\\w+\\s*=|\\{|\\d)))`,
  'g',
)
/** A language in which a text between backticks is a command. */
const HAS_BACKTICKS = /^(?:ruby|perl|php|julia)$/

/** What can be told of code in another language. */
interface Told {
  /** The shell commands that it runs or that would do the same as its deletions; only of calls with literal texts. */
  readonly scripts: readonly InnerScript[]
  /** The code without the calls that these commands stand for. */
  readonly rest: string
}

function foreignCode(code: Pick<Arg, 'text' | 'taint' | 'span'>, language = 'other'): Told {
  const scripts: InnerScript[] = []
  for (const call of code.text.matchAll(CALLS_SHELL)) {
    const rest = code.text.slice(call.index + call[0].length, call.index + call[0].length + 500)
    // In `subprocess.run(["rm", "-rf", "/"])` the literals that follow belong to the same command.
    const items = /^(?:\s*,\s*\[?\s*["'][^"']*["'])+/.exec(rest)
    const more = [...(items?.[0] ?? '').matchAll(/["']([^"']*)["']/g)].map((item) => item[1])
    scripts.push({ text: [call[2], ...more].join(' '), taint: code.taint, span: code.span })
  }
  const files = filesTouched(code)
  let rest = files.rest.replace(WHOLE_CALL, UNDERSTOOD)
  if (HAS_BACKTICKS.test(language)) {
    const inBackticks = /(?:`|(?:%x|qx)[{(])([^`{}()]{1,2000})[`})]/g
    for (const call of code.text.matchAll(inBackticks))
      scripts.push({ text: call[1]!, taint: code.taint, span: code.span })
    rest = rest.replace(inBackticks, (all) => (/[$#@\\]/.test(all) ? all : '0'))
  }
  scripts.push(...files.scripts)
  return { scripts, rest }
}

/** Like foreignCode, but also reads the literals that the code decodes before it runs them. */
export function readCode(code: Pick<Arg, 'text' | 'taint' | 'span'>, language: string): Told {
  const hidden = RUNS_TEXT.test(code.text) ? decodedLiterals(code.text) : []
  const more = hidden.flatMap((text) => [
    ...foreignCode({ ...code, text }).scripts,
    { text, taint: code.taint, span: code.span },
  ])
  const { scripts, rest } = foreignCode(code, language)
  return { scripts: [...scripts, ...more], rest }
}

const RUNS_TEXT = new RegExp(String.raw`\b${callsThat('evaluates')}\b`)
const DECODES = new RegExp(callsThat('decodes'))
const DOWNLOADS = new RegExp(callsThat('downloads'))

/** Taint of what the code runs: network if it downloads a text to run, decoded if it decodes one. */
export function originOfRunCode(code: string): number {
  if (!RUNS_TEXT.test(code)) return TAINT.none
  return (
    (DOWNLOADS.test(code) ? TAINT.network : TAINT.none) | (DECODES.test(code) ? TAINT.decoded : TAINT.none)
  )
}

/** The literals that the code decodes, at most 8, as decoded text. */
function decodedLiterals(code: string): readonly string[] {
  const out: string[] = []
  for (const match of code.matchAll(
    /(?:b64decode|base64_decode|atob|decode64)\s*\(\s*b?(["'])([\w+/=-]{4,4000})\1/g,
  ))
    out.push(Buffer.from(match[2]!, 'base64').toString('utf8'))
  for (const match of code.matchAll(/(?:unhexlify|fromhex)\s*\(\s*b?(["'])([0-9a-fA-F]{4,4000})\1/g))
    out.push(Buffer.from(match[2]!, 'hex').toString('utf8'))
  return out.slice(0, 8)
}
