// Reads tldr pages: what a tool is for, and its examples, each with the words that describe it.

/** Characters of a page that are read, examples of it that are kept, and characters of one text of it. */
const MOST_PAGE = 64 * 1024
const MOST_EXAMPLES = 40
const MOST_TEXT = 400

interface Example {
  readonly does: string
  /** The command, with a word in capitals for each thing that a person has to fill in. */
  readonly command: string
  readonly placeholders: readonly string[]
}

export interface Page {
  readonly does: string
  readonly examples: readonly Example[]
}

/** The page in Markdown as tldr writes it; undefined if it holds no example. */
export function readPage(markdown: string): Page | undefined {
  const text = markdown.slice(0, MOST_PAGE).replace(/\r/g, '')
  const does = /^> (.+)/m.exec(text)?.[1] ?? ''
  const examples = [...text.matchAll(/^- (.+?):?\n+`(.+)`$/gm)]
    .slice(0, MOST_EXAMPLES)
    .map(([, said = '', command = '']) => ({ does: clean(said), ...filledIn(command) }))
    .filter(({ command }) => command !== '' && command.length <= MOST_TEXT)
  return examples.length === 0 ? undefined : { does: clean(does), examples }
}

/** One line of text without the marks of layout; `[c]reate` shows which letter stands for a word. */
const clean = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .replace(/\[([A-Za-z])\]/g, '$1')
    .replaceAll('`', "'")
    .slice(0, MOST_TEXT)
    .trim()

/** `{{path/to/file}}` becomes FILE, and `{{[-r|--recursive]}}` its short spelling. */
function filledIn(command: string): Pick<Example, 'command' | 'placeholders'> {
  const placeholders = new Set<string>()
  const text = command
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .replace(/\{\{\[([^|\]]+)\|[^\]]*\]\}\}/g, '$1')
    .replace(/\{\{(.+?)\}\}/g, (_, said: string) => {
      const [first = ''] = said.replace(/\[[^\]]*\]/g, '').split(said.includes('/') ? ' ' : /[|]/)
      const name = (first.split('/').at(-1) as string)
        .replace(/[^A-Za-z0-9]+/g, '_')
        .replace(/^[_\d]+|[_\d]+$/g, '')
        .toUpperCase()
      const known = name === '' ? 'VALUE' : name
      placeholders.add(known)
      return known
    })
  return { command: text.trim(), placeholders: [...placeholders] }
}
