// Forms of command lines, by which a rule says what it finds: tools, their words in order, and options.
import type { Options } from '../line/options.ts'
import type { Place } from '../line/paths.ts'
import type { Arg, SimpleCommand } from '../model.ts'
import { type Hit, inPlace, type Rule } from './rule.ts'

/**
 * A rule that says the lines it finds as forms, one a line, in place of tools and a condition:
 *
 *     !--dry-run
 *     aws|gcloud s3 rb|delete-* … --force|-f
 *
 * - The first word names the tools. Those after it are the words of the operands in their order, also where one operand holds several
 *   (`nft 'flush ruleset'`): alternatives between `|`, in which `*` is any text. `…`: any number of words; `*?`: at most one; `.`: no
 *   more of them, for else any may follow.
 * - `-f|--force`: one of these options is given; `--acl=public*`: with such a value; `--keep-*`: a word that begins so.
 * - `!`: no such option is given, and no such operand; at the start of a line for all lines below it.
 * - `?`: the line only tries or asks for help. `$`: the line does not tell the text of an operand.
 * - `<name>`: operands from here on that fit the pattern `named` so; `{name}`: the next operand, if it does; `@disk`: operands
 *   from here on in such a place. They are what is found; without such a part it is the whole command.
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
  /** Of the words of the operands, with a NUL behind each. */
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
      const line = o.operands.flatMap(({ text }) => wordsOf(text)).join('')
      for (const form of forms) {
        const hit = hitOf(form, line, o, c)
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
  const tests: Test[] = []
  let found: Form['found']
  for (const part of parts) {
    if (part === '…') words += '(?:[^\0]*\0)*?'
    else if (part === '*?') words += '(?:[^\0]*\0)?'
    else if (part === '.') words += '$'
    else if (part === '$') tests.push((o) => o.operands.some(({ taint }) => taint !== 0))
    else if (part[0] === '<' || part[0] === '{') {
      const pattern = named[part.slice(1, -1)]
      if (pattern === undefined) throw new Error(`no pattern is named as in ${line}`)
      const before = new RegExp(words)
      const most = part[0] === '{' ? 1 : undefined
      found = (o) =>
        behind(o.operands, before)
          .slice(0, most)
          .filter(({ text }) => pattern.test(text))
    } else if (part[0] === '@') {
      const before = new RegExp(words)
      found = (o, c) => inPlace(c, behind(o.operands, before), part.slice(1) as Place)
    } else if (part[0] === '!') {
      const given = testOf(part.slice(1))
      tests.push((o, c) => !given(o, c))
    } else if (part[0] === '-') tests.push(testOf(part))
    else words += `(?:${globs(part)})\0`
  }
  return { words: new RegExp(words), tests, found }
}

/** The words in a text, with a NUL behind each. */
const wordsOf = (text: string): readonly string[] => (text.match(/\S+/g) ?? ['']).map((word) => `${word}\0`)

/** The operands behind those whose words the pattern has. */
function behind(operands: readonly Arg[], words: RegExp): readonly Arg[] {
  let line = ''
  for (let at = 0; at <= operands.length; at++) {
    if (words.test(line)) return operands.slice(at)
    line += wordsOf(operands[at]?.text ?? '').join('')
  }
  return []
}

/** A pattern of texts without NUL. */
const globs = (alternatives: string): string =>
  alternatives.replace(/[.+?^${}()[\]\\]/g, '\\$&').replaceAll('*', '[^\0]*')

/** A word by which most tools change nothing. */
const TRIES = /^(?:--help|-h|--dry-run|-n|--version|help)(?:=|$)/

function testOf(part: string): Test {
  if (part === '?') return (_o, c) => c.args.some(({ text }) => TRIES.test(text))
  if (part[0] !== '-') {
    const pattern = new RegExp(`^(?:${globs(part)})$`)
    return (o) => o.operands.some(({ text }) => pattern.test(text))
  }
  const [option = '', value] = part.split('=')
  if (option.includes('*')) {
    // Tools that take long options in any case have no options of one letter.
    const pattern = new RegExp(`^(?:${globs(option)})$`, /(?:^|\|)-\w\*/.test(option) ? '' : 'i')
    return (_o, c) => c.args.some(({ text }) => pattern.test(text))
  }
  const names = option.split('|').map((name) => name.replace(/^-+/, ''))
  if (value === undefined) return (o) => o.flag(...names) !== undefined
  const pattern = new RegExp(`^(?:${globs(value)})$`, 'i')
  return (o) => pattern.test(o.value(...names)?.text ?? '')
}
