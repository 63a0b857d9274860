// Templates of prompts: text with named variables. Values are put in and nothing more: nothing is evaluated or run.
import { KaroError } from '../../base/errors.ts'
import { closest } from '../../base/suggest.ts'

export interface Variable {
  readonly name: string
  /** Null: it has to be given. */
  readonly default: string | null
}

/** Characters of a template, of one value, and of a text that was made of both. */
export const MOST_TEXT = 32_768
export const MOST_VALUE = 32_768
export const MOST_RENDERED = 262_144
const MOST_VARIABLES = 32

type Piece = string | Variable

/** `{{name}}`, `{{name=default}}`, and `\{{` for the two characters themselves. */
const MARK = /\\\{\{|\{\{([^{}]*)\}\}|\{\{/g
const NAME = /^\s*([A-Za-z][A-Za-z0-9_]{0,31})\s*(?:=([\s\S]*))?$/

/** Throws KaroError `bad_request`, with the line. */
function piecesOf(text: string): readonly Piece[] {
  const wrong = (at: number, why: string): KaroError =>
    new KaroError('bad_request', `line ${text.slice(0, at).split('\n').length} of the prompt: ${why}`, {
      hint: 'Write {{name}}, or {{name=default}}; \\{{ stands for the two characters.',
    })
  const pieces: Piece[] = []
  let from = 0
  for (const { 0: whole, 1: inside, index } of text.matchAll(MARK)) {
    pieces.push(text.slice(from, index))
    from = index + whole.length
    if (whole.startsWith('\\')) {
      pieces.push('{{')
      continue
    }
    if (inside === undefined) throw wrong(index, 'a {{ is not closed, or has braces inside')
    const [, name, otherwise] = NAME.exec(inside) ?? []
    if (name === undefined) throw wrong(index, `'${whole.slice(0, 40)}' is not a variable`)
    pieces.push({ name, default: otherwise?.trim() ?? null })
  }
  return [...pieces, text.slice(from)]
}

/** The variables of a template in their order. Throws KaroError `bad_request`: no template, or two defaults for one variable. */
export function variablesOf(text: string): readonly Variable[] {
  if (text.trim() === '' || text.length > MOST_TEXT)
    throw new KaroError('bad_request', `a prompt has 1 to ${MOST_TEXT} characters`)
  const found = new Map<string, Variable>()
  for (const piece of piecesOf(text)) {
    if (typeof piece === 'string') continue
    const before = found.get(piece.name)
    if (before?.default != null && piece.default !== null && before.default !== piece.default)
      throw new KaroError('bad_request', `the variable ${piece.name} has two different defaults`)
    if (before === undefined || before.default === null) found.set(piece.name, piece)
  }
  if (found.size > MOST_VARIABLES)
    throw new KaroError('bad_request', `a prompt has at most ${MOST_VARIABLES} variables`)
  return [...found.values()]
}

/**
 * The text with its variables filled in; a value is put in as it is, and braces in it mean nothing. Throws KaroError `bad_request`
 * that names every variable that is missing, or one that the template does not have.
 */
export function render(text: string, values: Readonly<Record<string, string>>): string {
  const variables = variablesOf(text)
  const known = new Map(variables.map((variable) => [variable.name, variable]))
  const given = new Map(Object.entries(values))
  for (const [name, value] of given) {
    if (value.length > MOST_VALUE)
      throw new KaroError(
        'too_large',
        `the value of ${name.slice(0, 32)} has more than ${MOST_VALUE} characters`,
      )
    if (known.has(name)) continue
    const near = closest(name, [...known.keys()])
    throw new KaroError('bad_request', `the prompt has no variable '${name.slice(0, 64)}'`, {
      hint:
        near !== undefined ? `Did you mean ${near}?` : `It has: ${[...known.keys()].join(', ') || 'none'}.`,
    })
  }
  const missing = variables.filter((variable) => variable.default === null && !given.has(variable.name))
  if (missing.length > 0) {
    const names = missing.map((variable) => variable.name)
    throw new KaroError(
      'bad_request',
      names.length === 1
        ? `the variable ${names[0]} has no value`
        : `these variables have no value: ${names.join(', ')}`,
      { hint: `Give ${names.map((name) => `${name}=…`).join(' ')}` },
    )
  }
  let rendered = ''
  for (const piece of piecesOf(text)) {
    rendered +=
      typeof piece === 'string' ? piece : (given.get(piece.name) ?? known.get(piece.name)?.default ?? '')
    if (rendered.length > MOST_RENDERED)
      throw new KaroError('too_large', `the text would have more than ${MOST_RENDERED} characters`)
  }
  return rendered
}
