// Helpers of views: labelled lines, wrapped sentences, blocks side by side, numbers and colours.
import { formatFingerprint, paint, printable, type Screen, type Style, textWidth } from '../kit.ts'

export const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const
export const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** Width of a label, in cells. */
const LABEL_CELLS = 10
const GAP = 2

export interface Part {
  readonly text: string
  readonly colour?: Style
}

interface Named {
  readonly name: string
  readonly fingerprint: string
}

/** Its name as it may be shown, or its fingerprint in groups of four where it has none. */
export const nameOf = ({ name, fingerprint }: Named): string =>
  printable(name) || formatFingerprint(fingerprint)

/**
 * These nodes, each with what it is called as its name: its name, with its fingerprint where several of `among` have that name,
 * and the fingerprint alone where it has none. `among` holds all of `nodes`.
 */
export function toldApart<Node extends Named>(nodes: readonly Node[], among: readonly Named[] = nodes) {
  const namesakes = Map.groupBy(among, ({ name }) => name)
  return nodes.map((node) =>
    node.name && namesakes.get(node.name)?.every(({ fingerprint }) => fingerprint === node.fingerprint)
      ? node
      : { ...node, name: `${node.name} ${formatFingerprint(node.fingerprint)}`.trim() },
  )
}

/** A label and its parts, wrapped into lines; no line if there are no parts. */
export function listed(label: string, parts: readonly Part[], screen: Screen): string[] {
  if (parts.length === 0) return []
  const lines: Part[][] = [[]]
  let used = LABEL_CELLS
  for (const part of parts) {
    const cells = textWidth(part.text) + 2
    if (used + cells > screen.columns && lines.at(-1)!.length > 0) {
      lines.push([])
      used = LABEL_CELLS
    }
    lines.at(-1)!.push(part)
    used += cells
  }
  return lines.map((line, i) => {
    const shown = line
      .map(({ text, colour }) => (colour === undefined ? text : paint(colour, text, screen)))
      .join(', ')
    const more = i < lines.length - 1 ? ',' : ''
    return `${i === 0 ? strong(label, screen) : ' '.repeat(label.length)}${' '.repeat(LABEL_CELLS - label.length)}${shown}${more}`
  })
}

/** Words, or phrases that stay together, wrapped to the width of the screen. */
export function sentence(words: readonly string[], screen: Screen): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > screen.columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** Two blocks of lines side by side if the screen is wide enough, else below each other. */
export function besideEachOther(
  left: readonly string[],
  right: readonly string[],
  { columns }: Screen,
): string[] {
  const widest = Math.max(0, ...left.map(textWidth))
  const room = widest + GAP + Math.max(0, ...right.map(textWidth))
  if (columns === Number.POSITIVE_INFINITY || room > columns) return [...left, '', ...right]
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
    const line = left[i] ?? ''
    return `${line}${' '.repeat(widest - textWidth(line) + GAP)}${right[i] ?? ''}`.trimEnd()
  })
}

/** `1,234,567`; written by hand, because loading Intl takes 25 ms. */
export const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',')

export const strong = (text: string, screen: Screen): string => paint('bold', text, screen)
