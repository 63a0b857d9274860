// Counts what a reader has to read: syntax tokens of src and protocols, by area.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Tokens of TypeScript, and words of data that lies beside it, such as shell hooks and lists. */
export interface Tokens {
  readonly code: number
  readonly data: number
}

/**
 * Comments, blank lines and line breaks are free and the words inside of a string count, so that joined lines, shorter names
 * and spreads change nothing.
 */
const TOKEN =
  /(?<comment>\/\/[^\n]*|\/\*.*?\*\/)|(?<text>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|[A-Za-z_$][\p{L}\p{N}_$]*|\p{Nd}[\p{L}\p{N}_.]*|=>|\.\.\.|\?\?=?|\?\.|[=!]==?|[<>]=?|&&|\|\||[-+*/%]=?|[^\s\p{L}\p{N}_]/gsu
const KNOWLEDGE = 'src/assist/knowledge/'
const WORD = /[\p{L}\p{N}_]+/gu

const wordsOf = (text: string): number => text.match(WORD)?.length ?? 0

export function tokensOf(source: string): number {
  let sum = 0
  for (const { groups } of source.matchAll(TOKEN)) {
    if (groups?.comment === undefined)
      sum += groups?.text === undefined ? 1 : Math.max(1, wordsOf(groups.text))
  }
  return sum
}

/** Area (`src/mesh`, `protocols`) → its tokens, in the order of names. Files that git does not know yet count too. */
export function tokensByArea(root: string): ReadonlyMap<string, Tokens> {
  const areas = new Map<string, Tokens>()
  for (const path of globSync('{protocols,src}/**/*.*', { cwd: root }).sort()) {
    // Pages and licences are read by others, generated schemas and vectors by programs, and knowledge is prose about tools.
    if (path.endsWith('.md') || path.includes('licen') || path.startsWith(KNOWLEDGE)) continue
    const isCode = /\.tsx?$/.test(path)
    if (!isCode && path.startsWith('protocols/')) continue
    const area = path.startsWith('src/') ? path.split('/').slice(0, 2).join('/') : 'protocols'
    const { code, data } = areas.get(area) ?? { code: 0, data: 0 }
    const text = readFileSync(join(root, path), 'utf8')
    areas.set(area, isCode ? { code: code + tokensOf(text), data } : { code, data: data + wordsOf(text) })
  }
  return areas
}
