// Splits the word behind env's -S as env does, which has quotes and escapes of its own.
import type { Args } from '../model.ts'

/** A text may hold another -S; this many are followed, more than anybody writes. */
const MAX_ROUNDS = 4
const ESCAPES: Readonly<Record<string, string>> = {
  _: ' ', n: '\n', t: '\t', f: '\f', v: '\v', r: '\r', '#': '#', $: '$', '"': '"', "'": "'", '\\': '\\',
} // biome-ignore format: a compact table

/** env's words, with the text of each -S or --split-string split into words in its place. */
export function withSplitStrings(words: Args): Args {
  let out = words
  for (let round = 0, i = 1; round < MAX_ROUNDS && i < out.length; i++) {
    const word = out[i]!
    const found = /^(-[iv0]*)S([\s\S]*)$|^--split-string(?:=([\s\S]*))?$/.exec(word.text)
    if (found === null) {
      if (/^-[uCa]$|^--(?:unset|chdir|argv0)$/.test(word.text)) i++
      else if (word.text === '--' || !/^-|^[^=]+=/.test(word.text)) break
      continue
    }
    const joined = found[2] ?? found[3]
    const own = joined === undefined || (joined === '' && found[3] === undefined)
    const text = own ? out[i + 1]?.text : joined
    if (text === undefined) break
    const parts = splitString(text).map((part) => ({ ...word, text: part }))
    out = [...out.slice(0, i), ...parts, ...out.slice(i + (own ? 2 : 1))]
    round++
    i--
  }
  return out
}

function splitString(text: string): readonly string[] {
  const out: string[] = []
  let word: string | undefined
  let quote = ''
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '\\') {
      const next = text[++i] ?? '\\'
      if (next === 'c') break
      // Outside quotes the escape `\_` ends the word.
      if (next === '_' && quote === '') {
        if (word !== undefined) out.push(word)
        word = undefined
      } else
        word =
          (word ?? '') +
          (quote === "'" && next !== "'" && next !== '\\' ? `\\${next}` : (ESCAPES[next] ?? next))
    } else if (quote !== '' ? char === quote : char === '"' || char === "'") {
      quote = quote === '' ? char : ''
      word ??= ''
    } else if (quote === '' && /\s/.test(char)) {
      if (word !== undefined) out.push(word)
      word = undefined
    } else if (quote === '' && char === '#' && word === undefined) break
    else word = (word ?? '') + char
  }
  return word === undefined ? out : [...out, word]
}
