// Reads a corpus of examples: sections `[name]`, each with lines that begin with the word for their kind.
import { readFileSync } from 'node:fs'

/** The lines of each section by kind, without that word; ␤ stands for a newline, lines that begin with `# ` are comments. */
export function readSections<Kind extends string>(
  file: string,
  kinds: readonly Kind[],
): ReadonlyMap<string, Readonly<Record<Kind, readonly string[]>>> {
  const found = new Map<string, Record<Kind, string[]>>()
  let section: Record<Kind, string[]> | undefined
  for (const line of readFileSync(new URL(`../../corpus/${file}`, import.meta.url), 'utf8').split('\n')) {
    if (line === '' || line.startsWith('# ')) continue
    const name = /^\[(.+)\]$/.exec(line)?.[1]
    const kind = kinds.find((one) => line.startsWith(`${one} `))
    if (name !== undefined) {
      if (found.has(name)) throw new Error(`${file} has two sections ${line}`)
      section = Object.fromEntries(kinds.map((one) => [one, [] as string[]])) as Record<Kind, string[]>
      found.set(name, section)
    } else if (kind === undefined || section === undefined) throw new Error(`${file}: no example: ${line}`)
    else section[kind].push(line.slice(kind.length + 1).replaceAll('␤', '\n'))
  }
  return found
}
