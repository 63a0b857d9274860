// Whether a shell would wait for more lines before it runs what was typed.
import { forEachChild, type SyntaxNode } from 'unbash'
import { parseScript } from './script.ts'

/** What a shell waits for: the line that ends a here-document (`here`), or anything else (empty). */
interface Unfinished {
  readonly here?: string
}

const MOST_DEPTH = 64

/** For bash, zsh and sh. Undefined when the line is complete, or wrong in a way that more lines do not mend. */
export function unfinished(text: string): Unfinished | undefined {
  // An odd number of backslashes at the end continues the line.
  let last = text.length
  while (text[last - 1] === '\\') last--
  if ((text.length - last) % 2 === 1) return {}
  const script = parseScript(text)
  const here = openHereDocument(text, script, 0)
  if (here !== undefined) return { here }
  const errors = script.errors ?? []
  const end = text.trimEnd().length
  const atEnd = errors.every(
    ({ message, pos }) =>
      message.startsWith('unterminated') || (message.startsWith('expected') && pos >= end - 1),
  )
  return errors.length > 0 && atEnd ? {} : undefined
}

function openHereDocument(text: string, node: SyntaxNode, depth: number): string | undefined {
  if (depth > MOST_DEPTH) return undefined
  if (node.type === 'HereDoc') {
    const word = node.delimiter?.value
    if (word === undefined) return undefined
    const rest = text
      .slice(node.delimiter?.end ?? 0)
      .split('\n')
      .slice(1)
    const ends = rest.some((line) => line.replace(/^\t*/, '') === word)
    return ends ? undefined : word
  }
  let found: string | undefined
  forEachChild(node, (child) => {
    found ??= openHereDocument(text, child, depth + 1)
  })
  return found
}
