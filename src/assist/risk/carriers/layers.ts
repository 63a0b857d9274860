// Types for the commands and scripts inside one layer of a command; also skips a wrapper's own words.
import {
  type Arg,
  type Args,
  type Assignment,
  fromOf,
  type Output,
  placeIn,
  said,
  TAINT,
  taintOf,
} from '../model.ts'
import type { Wrapper } from './wrappers.ts'

export interface InnerCommand {
  readonly words: Args
  readonly privileged: boolean
  /** Whether it reads the standard input of the outer command. */
  readonly inherits: boolean
  readonly assignments: readonly Assignment[]
  /** The directory in which it runs, if not that of the outer command. */
  readonly directory?: Arg | undefined
}

export interface InnerScript extends Pick<Arg, 'text' | 'taint' | 'span' | 'from'> {
  readonly parameters?: Args
  /** Variables that the inner shell starts with. */
  readonly assignments?: readonly Assignment[]
  readonly privileged?: boolean
}

export interface Layer {
  readonly commands: readonly InnerCommand[]
  readonly scripts: readonly InnerScript[]
  /** Whether it runs the standard input as code. */
  readonly runsInput: boolean
  /** Words for that code. */
  readonly parameters?: Args
  /** The language of code that is given to the command; undefined for a shell. */
  readonly language?: string
  /** Code in this language that the command runs. */
  readonly codes?: Args
  /** Taint of the texts that this code runs in turn. */
  readonly origin?: number
  /** A file that the command runs as a script. */
  readonly runsFile?: Arg | undefined
}

/** Finds the commands in a tool's words and in its input. */
export type Carrier = (args: Args, input: Output) => Layer

export const NOTHING: Layer = { commands: [], scripts: [], runsInput: false }

/** A word for something that a carrier will find only when it runs. */
export function item(text: string, near: Arg): Arg {
  return { text, span: near.span, taint: TAINT.opaque }
}

export function commandLayer(words: Args, inherits = false): Layer {
  if (words.length === 0) return NOTHING
  return { ...NOTHING, commands: [{ words, privileged: false, inherits, assignments: [] }] }
}

export function scriptLayer(args: Args): Layer {
  return { ...NOTHING, scripts: args }
}

const ASSIGNMENT = /^([A-Za-z_]\w*|BASH_FUNC_[^=]+%%)=([\s\S]*)$/

/** Index at which the command behind a wrapper starts, the assignments before it, and the scripts in its options. */
export function enterWrapper(wrapper: Wrapper, words: Args) {
  const assignments: Assignment[] = []
  const scripts: Arg[] = []
  let skip = wrapper.skip ?? 0
  let i = 1
  for (; i < words.length; i++) {
    const word = words[i]!
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
      assignments.push({ name: assignment[1]!, value: { ...word, text: assignment[2]! } })
      continue
    }
    if (wrapper.afterDashes || wrapper.skips?.test(text)) continue
    if (skip-- > 0) continue
    break
  }
  return { start: i, assignments, scripts }
}

/** Index of the last word of the option at `i`; collects a script that it holds. */
function optionAt(wrapper: Wrapper, words: Args, i: number, scripts: Arg[]): number {
  const word = words[i]!
  const text = word.text
  const values = wrapper.values ?? []
  const takes = (name: string): 'value' | 'script' | undefined =>
    wrapper.scripts?.includes(name) ? 'script' : values.includes(name) ? 'value' : undefined
  const dashes = text.startsWith('--') ? 2 : 1
  const equals = text.indexOf('=')
  const whole = takes(text.slice(dashes, equals < 0 ? undefined : equals))
  const keyword = (value: Arg | undefined) => {
    const command = value === undefined ? undefined : wrapper.keywords?.exec(value.text)?.[1]
    if (command !== undefined) scripts.push({ ...(value as Arg), text: command })
  }
  if (whole !== undefined && (dashes === 2 || text.length > 2)) {
    const value = equals < 0 ? words[i + 1] : { ...word, text: text.slice(equals + 1) }
    if (whole === 'script' && value !== undefined) scripts.push(value)
    return equals < 0 ? i + 1 : i
  }
  if (dashes === 2) return wrapper.pairs?.includes(text.slice(2)) ? i + (text === '--overlay' ? 3 : 2) : i
  for (let at = 1; at < text.length; at++) {
    const kind = takes(text[at]!)
    if (kind === undefined) continue
    const joined = at + 1 < text.length
    const value = joined ? { ...word, text: text.slice(at + 1) } : words[i + 1]
    if (kind === 'script' && value !== undefined) scripts.push(value)
    if (text[at] === 'o') keyword(value)
    return joined ? i : i + 1
  }
  return i
}

export function joined(words: Args): InnerScript {
  const first = words[0]!
  const last = words.at(-1)!
  return {
    text: said({ args: words }),
    taint: taintOf(words),
    span: [first.span[0], last.span[1]],
    from: fromOf(words),
  }
}

/** A tool with an option whose value is a command: the pattern's group, or the next word if the group is empty. */
export function commandIn(pattern: RegExp): Carrier {
  return (args) => {
    const found = args.flatMap((arg, i) => {
      const match = pattern.exec(arg.text)
      if (match === null) return []
      const text = match.slice(1).find((group) => group)
      const next = args[i + 1]
      return text ? [{ ...arg, text }] : next === undefined ? [] : [next]
    })
    return scriptLayer(found)
  }
}

/**
 * The command behind `--`, if that stands behind the start that was found: an option that is not listed may take a value, and
 * then only `--` tells where the command starts.
 */
export function behindDashes(words: Args, start: number): readonly InnerCommand[] {
  const dashes = placeIn(words, /^--$/)
  return dashes < start ? [] : commandLayer(words.slice(dashes + 1), true).commands
}

/** One layer with all that these have. */
export function both(...layers: readonly Layer[]): Layer {
  return {
    commands: layers.flatMap((layer) => layer.commands),
    scripts: layers.flatMap((layer) => layer.scripts),
    runsInput: layers.some((layer) => layer.runsInput),
  }
}
