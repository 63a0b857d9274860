// Shells and other interpreters: where in their words, files or input the code is that they run.
import { type InnerScript, type Layer, NOTHING } from './layers.ts'
import type { Arg } from './model.ts'
import { INTERPRETERS } from './wrappers.ts'

export function unwrapShell(words: readonly Arg[]): Layer {
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

export function unwrapInterpreter(name: string, words: readonly Arg[]): Layer {
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
