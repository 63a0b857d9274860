// Takes one layer off a command: finds the command behind sudo, env, timeout, xargs, find -exec …, and scripts in its
// words.

import { type Args, baseName, type Output, says } from '../model.ts'
import { valuesOf } from '../writes/option-values.ts'
import { carrierOf } from './carriers.ts'
import { withSplitStrings } from './env-split.ts'
import { unwrapInterpreter, unwrapShell } from './interpreters.ts'
import { behindDashes, enterWrapper, joined, type Layer, NOTHING } from './layers.ts'
import { interpreterName, SHELLS, type Wrapper, wrapperOf } from './wrappers.ts'

/** The layer of a command, empty if it wraps nothing. `words[0]` is the command word. */
export function unwrapLayer(words: Args, input: Output): Layer {
  const name = baseName(words[0]!.text)
  const wrapper = wrapperOf(name)
  if (wrapper !== undefined) return unwrapTable(wrapper, name, words)
  if (SHELLS.has(name)) return unwrapShell(words)
  const interpreter = interpreterName(name)
  const carried = carrierOf(name)?.(words.slice(1), input) ?? NOTHING
  if (interpreter === undefined) return carried
  return { ...unwrapInterpreter(interpreter, words), scripts: carried.scripts }
}

export function isWrapper(name: string): boolean {
  return (
    wrapperOf(name) !== undefined ||
    carrierOf(name) !== undefined ||
    SHELLS.has(name) ||
    interpreterName(name) !== undefined
  )
}

function unwrapTable(wrapper: Wrapper, name: string, given: Args): Layer {
  if (onlyLooksUp(name, given)) return NOTHING
  const words = name === 'env' ? withSplitStrings(given) : given
  const { start, assignments, scripts } = enterWrapper(wrapper, words)
  const rest = words.slice(start)
  const directory = wrapper.places && valuesOf(words.slice(1, start), wrapper.places).at(-1)
  const privileged = wrapper.privileged === true
  const found = scripts.map((arg) => ({ ...arg, assignments, privileged }))
  if (rest.length === 0) return { ...NOTHING, scripts: found, runsInput: readsInput(wrapper, name, words) }
  if (wrapper.joins) return { ...NOTHING, scripts: [...found, { ...joined(rest), assignments, privileged }] }
  return {
    commands: [
      { words: rest, privileged, inherits: true, assignments, directory },
      ...(wrapper.pairs?.length ? behindDashes(words, start) : []),
    ],
    scripts: found,
    runsInput: false,
  }
}

/** Whether the wrapper starts nothing: `command -v x` says what x is, `prlimit --pid` changes a running process. */
function onlyLooksUp(name: string, [, first, second]: Args): boolean {
  if (name === 'command') return /^-p?[vV]/.test(first?.text ?? '') && second !== undefined
  return name === 'prlimit' && /^(?:-p|--pid)/.test(first?.text ?? '')
}

/**
 * Whether the wrapper starts a shell that reads standard input: `sudo -s` and `sudo -i` without command, `su`, `run0`, `ssh
 * host`.
 */
function readsInput(wrapper: Wrapper, name: string, words: Args): boolean {
  if (wrapper.opensShell) return words.length > 1 && !says({ args: words }, /^-[A-Za-z]*[NVQOGWnf]/)
  return (
    wrapper.privileged === true &&
    (/^(?:su|run0|pkexec)$/.test(name) ||
      words.some((word) => /^-[A-Za-z]*[si]/.test(word.text) || /^--(?:shell|login)$/.test(word.text)))
  )
}
