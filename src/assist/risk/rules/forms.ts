// Forms of command lines, by which a rule says what it finds: tools, their words in order, and options.
import type { Options } from '../line/options.ts'
import type { Place } from '../line/paths.ts'
import type { Arg, SimpleCommand } from '../model.ts'
import { type Hit, inPlace, type Rule } from './rule.ts'

/**
 * A rule that says the lines it finds as forms, one a line, in place of tools and a condition:
 *
 *     aws|gcloud s3 rb|delete-* … --force|-f !--dry-run
 *
 * The first word names the tools. The others are operands in their order: alternatives between `|`, with `*` for any text in a word;
 * `…` stands for any number of operands and `*?` for at most one, and any number may follow at the end. `-f|--force`: one of these options is given;
 * `--acl=public*`: with such a value; `--keep-*`: a word that begins so; `$`: an operand whose text the line does not tell; `.`: there are no
 * more operands; `?`: the line only tries or asks for help. `!`: there is no such option, or no such operand. `<name>`: operands from here on that fit the pattern of this
 * name, `{name}`: the next one, `@disk`: those in such a place; these are then what is found, and else the whole command is. What a line says that begins with `!` holds for all lines below it.
 */
export interface FormRule extends Omit<Rule, 'tools' | 'when'> {
  readonly finds: string
  readonly named?: Readonly<Record<string, RegExp>>
  /** What else it finds, of these tools and others. */
  readonly tools?: Rule['tools']
  readonly when?: Rule['when']
}

type Test = (o: Options, c: SimpleCommand) => boolean

interface Form {
  /** Of the texts of the operands, with a NUL behind each. */
  readonly words: RegExp
  readonly tests: readonly Test[]
  /** Which operands are found; the whole command where it is undefined. */
  readonly found: ((o: Options, c: SimpleCommand) => readonly Arg[]) | undefined
}

/** The rule with its tools, and with a condition that reads the forms of a tool when it is asked about that tool first. */
export function ruleOf({ finds, named = {}, tools = [], when, ...rule }: FormRule): Rule {
  const lines = finds.trim().split(/\n\s*/)
  const toolsOf = (line: string): readonly string[] => (line.split(/\s/, 1)[0] as string).split('|')
  const formsOf = (tool: string): readonly Form[] => {
    let all = ''
    return lines.flatMap((line) => {
      if (line[0] === '!') all = ` ${line}`
      return toolsOf(line).includes(tool) ? [formOf(`${line}${all}`, named)] : []
    })
  }
  const known = new Map<string, readonly Form[]>()
  return {
    ...rule,
    tools: [...tools, ...lines.filter((line) => line[0] !== '!').flatMap(toolsOf)],
    when(c, o) {
      const { name } = c
      const forms = known.get(name) ?? formsOf(name)
      known.set(name, forms)
      const words = o.operands.map(({ text }) => `${text}\0`).join('')
      for (const form of forms) {
        const hit = hitOf(form, words, o, c)
        if (hit !== undefined) return hit
      }
      return when?.(c, o)
    },
  }
}

function hitOf({ words, tests, found }: Form, line: string, o: Options, c: SimpleCommand): Hit {
  if (!words.test(line) || !tests.every((test) => test(o, c))) return undefined
  if (found === undefined) return true
  const args = found(o, c)
  return args.length > 0 ? args : undefined
}

function formOf(line: string, named: NonNullable<FormRule['named']>): Form {
  const [, ...parts] = line.split(/\s+/)
  let words = '^'
  let from = 0
  const tests: Test[] = []
  let found: Form['found']
  for (const part of parts) {
    if (part === '…') words += '(?:[^\0]*\0)*?'
    else if (part === '*?') words += '(?:[^\0]*\0)?'
    else if (part === '.') words += '$'
    else if (part === '$') tests.push((o) => o.operands.some(({ taint }) => taint !== 0))
    else if (part[0] === '<' || part[0] === '{') {
      const pattern = named[part.slice(1, -1)] as RegExp
      const [first, end] = [from, part[0] === '{' ? from + 1 : undefined]
      found = (o) => o.operands.slice(first, end).filter(({ text }) => pattern.test(text))
    } else if (part[0] === '@') {
      const first = from
      found = (o, c) => inPlace(c, o.operands.slice(first), part.slice(1) as Place)
    } else if (part[0] === '!') {
      const given = testOf(part.slice(1))
      tests.push((o, c) => !given(o, c))
    } else if (part[0] === '-') tests.push(testOf(part))
    else {
      words += `(?:${globs(part)})\0`
      from++
    }
  }
  return { words: new RegExp(words), tests, found }
}

const globs = (alternatives: string): string =>
  alternatives.replace(/[.+?^${}()[\]\\]/g, '\\$&').replaceAll('*', '[^\0]*')

const TRIES = /^(?:--help|-h|--dry-run|-n|--version|help)(?:=|$)/

function testOf(part: string): Test {
  if (part === '?') return (_o, c) => c.args.some(({ text }) => TRIES.test(text))
  if (part[0] !== '-') {
    const pattern = new RegExp(`^(?:${globs(part)})$`)
    return (o) => o.operands.some(({ text }) => pattern.test(text))
  }
  const [option = '', value] = part.split('=')
  if (option.includes('*')) {
    const pattern = new RegExp(`^(?:${globs(option)})$`, 'i')
    return (_o, c) => c.args.some(({ text }) => pattern.test(text))
  }
  const names = option.split('|').map((name) => name.replace(/^-+/, ''))
  if (value === undefined) return (o) => o.flag(...names) !== undefined
  const pattern = new RegExp(`^(?:${globs(value)})$`, 'i')
  return (o) => pattern.test(o.value(...names)?.text ?? '')
}
