// The index of what Karo knows: built once with the program, read as one file, and searched for the entries that share words with a request.
import { readFileSync } from 'node:fs'
import { remembered } from '../../risk/lookup.ts'
import { changesSomething } from './acts.ts'
import { type Entry, piecesOf, readEntries, slotsIn } from './entries.ts'
import { endingTerm } from './fill.ts'
import { concept, concepts, isStop, normalise, words } from './language.ts'

/** An entry with its wordings as the search compares them. */
export interface Known {
  readonly tool: string
  readonly command: string
  readonly says: readonly string[]
  /** For each wording its words in order, as concepts; `{name}` is a slot, and words without meaning are as they are, behind `~`. */
  readonly wordings: readonly (readonly string[])[]
  /** Concepts of the tool and of the plain words of the command, and the types of its slots, as `<url>`. */
  readonly about: readonly string[]
  /** Where it comes from, as an answer says it. */
  readonly source: string
}

/** Entries that a search looks at closely. */
const MOST_FOUND = 120
/** What a word of the command alone counts, beside one of the wordings. */
const ABOUT = 0.5
/** As in BM25: how soon further words of an entry stop to matter, and how much its length does. */
const LENGTH = 0.4
/** Share of the entries that a word is taken to have that none has. */
const UNWRITTEN = 0.005
/** Changes whenever the form of the file does. */
const FORMAT = 'karo-ask-2'

/** A wording as the search compares it. */
export function wordingOf(said: string): readonly string[] {
  return piecesOf(said).flatMap((piece) => {
    if (typeof piece !== 'string') return [`{${piece[1]}}`]
    return words(normalise(piece)).map((word) => (isStop(word) ? `~${word}` : concept(word)))
  })
}

/** The first word of a command that is no helper of another. */
export const toolOf = (command: string): string =>
  /^(?:sudo (?:-\S+ )*|\w+=\S+ )*([\w.+-]+)/.exec(command)?.[1] ?? ''

/** The tools of a line, one for each part between pipes and signs. */
const toolsOf = (command: string): readonly string[] => command.split(/\s*(?:\|\|?|&&|;)\s*/).map(toolOf)

export function knownOf(entry: Pick<Entry, 'tool' | 'command' | 'says'>, source: string): Known {
  const { tool, command, says } = entry
  const plain = piecesOf(command).filter((piece) => typeof piece === 'string')
  return {
    tool,
    command,
    says,
    source,
    wordings: says.map(wordingOf),
    about: [
      ...new Set([
        ...concepts(`${tool} ${plain.join(' ')}`),
        ...slotsIn(command).flatMap(({ type, ending }) =>
          ending === undefined ? [`<${type}>`] : [`<${type}>`, ...endingTerm(`.${ending}`)],
        ),
      ]),
    ],
  }
}

interface Built {
  readonly tools: ReadonlySet<string>
  readonly plain: ReadonlySet<string>
  /** Sorted by their code units. */
  readonly terms: readonly string[]
  /** Where the entries of each term begin in `places` and `weights`; one more than terms. */
  readonly starts: Uint32Array
  readonly places: Uint16Array
  /** In 255ths. */
  readonly weights: Uint8Array
  readonly entry: (at: number) => Known
  readonly size: number
}

/** Whether the search looks for a word of a wording: `why` tells little, and few ask so. */
export const isSought = (item: string): boolean => /^(?:[^{~]|~why)/.test(item)

export function partOf(entries: readonly Known[]): Built {
  const byTerm = new Map<string, Map<number, number>>()
  const tools = new Set<string>()
  for (const [at, { tool, command, wordings, about }] of entries.entries()) {
    for (const name of [tool.split(' ')[0] as string, toolOf(command)])
      if (/^[a-z][\w.+-]+$/.test(name) && !isStop(name)) tools.add(name)
    const terms = new Map(about.map((term) => [term, ABOUT]))
    for (const wording of wordings) for (const term of wording) if (isSought(term)) terms.set(term, 1)
    const length = 1 + LENGTH * Math.log(1 + terms.size / 10)
    for (const [term, weight] of terms) {
      const places = byTerm.get(term) ?? new Map<number, number>()
      byTerm.set(term, places.set(at, weight / length))
    }
  }
  const terms = [...byTerm.keys()].sort()
  const starts = new Uint32Array(terms.length + 1)
  for (const [i, term] of terms.entries()) starts[i + 1] = starts[i]! + byTerm.get(term)!.size
  const places = new Uint16Array(starts[terms.length] as number)
  const weights = new Uint8Array(places.length)
  let at = 0
  for (const term of terms)
    for (const [place, weight] of byTerm.get(term) ?? []) {
      places[at] = place
      weights[at++] = Math.round(255 * weight)
    }
  return {
    tools,
    plain: plainOf(tools, entries),
    terms,
    starts,
    places,
    weights,
    entry: (i) => entries[i] as Known,
    size: entries.length,
  }
}

/** How many entries have the name of a tool in their words, for each that its own entries are. */
const MOST_OTHERS = 0.5

function plainOf(tools: ReadonlySet<string>, entries: readonly Known[]): ReadonlySet<string> {
  const [own, others] = [new Map<string, number>(), new Map<string, number>()]
  const byConcept = new Map<string, string[]>()
  for (const name of tools) {
    const term = concept(name)
    byConcept.set(term, [...(byConcept.get(term) ?? []), name])
  }
  const add = (counts: Map<string, number>, name: string): void =>
    void counts.set(name, (counts.get(name) ?? 0) + 1)
  for (const known of entries) {
    for (const name of new Set([known.tool.split(' ')[0] as string, ...toolsOf(known.command)]))
      add(own, name)
    for (const term of new Set(known.wordings.flat()))
      for (const name of byConcept.get(term) ?? []) if (!isOf(known, name)) add(others, name)
  }
  return new Set([...tools].filter((name) => (others.get(name) ?? 0) > MOST_OTHERS * (own.get(name) ?? 0)))
}

/** The index as the bytes of one file: a line of JSON that says where its parts begin, and the parts. */
export function packed(entries: readonly Known[]): Uint8Array {
  const { tools, plain, terms, starts, places, weights, size } = partOf(entries)
  const records = entries.map((one) => Buffer.from(JSON.stringify(one)))
  const ends = new Uint32Array(size)
  let end = 0
  for (const [i, { length }] of records.entries()) ends[i] = end += length
  const parts = [starts, ends, places, weights].map(({ buffer }) => Buffer.from(buffer as ArrayBuffer))
  const head = JSON.stringify({
    format: FORMAT,
    size,
    terms: terms.join(' '),
    tools: [...tools].join(' '),
    plain: [...plain].join(' '),
    lengths: parts.map(({ length }) => length),
  })
  // The numbers begin at a multiple of four.
  const first = Buffer.from(`${head}${' '.repeat(3 - (Buffer.byteLength(head) % 4))}\n`)
  return Buffer.concat([first, ...parts, ...records])
}

/** The index in a file that `packed` made; undefined if it is missing or of another form. */
function unpacked(path: string): Built | undefined {
  try {
    const bytes = readFileSync(path)
    const end = bytes.indexOf(10) + 1
    const { format, size, terms, tools, plain, lengths } = JSON.parse(bytes.toString('utf8', 0, end)) as {
      format: string
      size: number
      terms: string
      tools: string
      plain: string
      lengths: readonly number[]
    }
    if (format !== FORMAT) return undefined
    let at = end
    const [starts, ends, places, weights] = lengths.map((length) => {
      const part = bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + length)
      at += length
      return part
    }) as [ArrayBuffer, ArrayBuffer, ArrayBuffer, ArrayBuffer]
    const until = new Uint32Array(ends)
    const known: Known[] = []
    const record = (i: number) =>
      (known[i] ??= JSON.parse(bytes.toString('utf8', at + (until[i - 1] ?? 0), at + until[i]!)) as Known)
    return {
      tools: new Set(tools.split(' ')),
      plain: new Set(plain.split(' ')),
      terms: terms.split(' '),
      starts: new Uint32Array(starts),
      places: new Uint16Array(places),
      weights: new Uint8Array(weights),
      entry: record,
      size,
    }
  } catch {
    return undefined
  }
}

let ofTexts: Built | undefined
/** The index of the product's own texts, which never change. Making it takes a second, so a process that runs from its sources makes it once. */
const partOfTexts = (texts: () => readonly string[]): Built => (ofTexts ??= partOf(texts().flatMap(knownIn)))

/** The index of the file, or of the texts where there is none, and of what people added. */
export const openIndex = (
  path: string,
  texts: () => readonly string[],
  added: readonly Known[],
  changes: Index['changes'],
): Index => indexOf([unpacked(path) ?? partOfTexts(texts), partOf(added)], changes)

/** Entries of a text, as the product's own. */
export const knownIn = (text: string): readonly Known[] =>
  readEntries(text).entries.map((entry) => knownOf(entry, 'karo'))

/** By halves: a command asks for a few terms of thousands, for which a map would take longer to make. */
function placeIn(terms: readonly string[], term: string): number | undefined {
  let [low, high] = [0, terms.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (terms[middle]! < term) low = middle + 1
    else high = middle
  }
  return terms[low] === term ? low : undefined
}

export type Index = ReturnType<typeof indexOf>

export function indexOf(parts: readonly Built[], changes = changesSomething) {
  const size = parts.reduce((sum, one) => sum + one.size, 0)
  const count = (term: string): number =>
    parts.reduce((sum, { terms, starts }) => {
      const at = placeIn(terms, term)
      return at === undefined ? sum : sum + starts[at + 1]! - starts[at]!
    }, 0)
  /** How telling a concept is: the rarer, the more. */
  const weight = remembered((term) => {
    const many = count(term)
    // A word that nobody wrote tells as little as one that many did.
    return Math.log(1 + size / (0.5 + (many === 0 ? UNWRITTEN * size : many)))
  })
  return {
    /** Whether a line changes, ends or writes something. */
    changes,
    /** How many tools there are. */
    tools: new Set(parts.flatMap(({ tools }) => [...tools])).size,
    weight,
    /** Share of the entries that have the concept. */
    share: (term: string) => count(term) / Math.max(1, size),
    knows: (term: string) => count(term) > 0,
    /** The nearest concept that differs in one letter; undefined if there is none. */
    near: (word: string) => nearest(word, parts, count),
    /** Whether a tool's name is rather a plain word: it stands more in wordings of other tools' entries than it has entries. */
    isPlain: (tool: string) => parts.every(({ tools, plain }) => !tools.has(tool) || plain.has(tool)),
    isTool: (word: string) => parts.some(({ tools }) => tools.has(word)),
    /** The entries that share most with these concepts, best first, each with its score as a share of the best; `tool`: only of this one. */
    find(asked: ReadonlySet<string>, tool?: string) {
      const most = tool === undefined ? MOST_FOUND : 12 * MOST_FOUND
      const found: { score: number; known: () => Known }[] = []
      for (const { terms, starts, places, weights, entry, size: own } of parts) {
        const scores = new Float64Array(own)
        for (const term of tool === undefined ? asked : [...asked, ...concepts(tool)]) {
          const at = placeIn(terms, term)
          if (at === undefined) continue
          const idf = weight(term) / 255
          for (let p = starts[at]!; p < starts[at + 1]!; p++) scores[places[p]!]! += idf * weights[p]!
        }
        const least = scores.filter(Boolean).sort().at(-most) ?? Number.MIN_VALUE
        // A command runs this once, and an iterator of thousands of pairs is its dearest part then.
        for (let place = 0; place < own; place++)
          if (scores[place]! >= least) found.push({ score: scores[place]!, known: () => entry(place) })
      }
      found.sort((a, b) => b.score - a.score)
      const kept: { known: Known; score: number }[] = []
      for (const { known, score } of found.slice(0, most)) {
        const one = known()
        if (tool !== undefined && !isOf(one, tool)) continue
        kept.push({ known: one, score })
        if (kept.length >= MOST_FOUND) break
      }
      return kept.map(({ known, score }) => ({ known, share: score / (kept[0]?.score ?? 1) }))
    },
    /** Every entry of a tool. */
    ofTool: (tool: string): readonly Known[] =>
      parts.flatMap(({ size: own, entry }) =>
        Array.from({ length: own }, (_, i) => entry(i)).filter((one) => isOf(one, tool)),
      ),
  }
}

/** Whether an entry uses a tool, given by its name. */
export const isOf = ({ tool, command }: Known, name: string): boolean =>
  tool === name ||
  tool.startsWith(`${name} `) ||
  toolsOf(command).includes(name) ||
  command.split(/\s+/).includes(name)

/** Entries in which a word has to occur for another to be taken for its misspelling. */
const LEAST_COMMON = 3

function nearest(word: string, parts: readonly Built[], count: (term: string) => number): string | undefined {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return undefined
  let best: string | undefined
  for (const { terms } of parts)
    for (const term of terms)
      if (
        term.length >= 4 &&
        Math.abs(term.length - word.length) <= 1 &&
        isOneLetterAway(word, term) &&
        count(term) >= LEAST_COMMON &&
        (best === undefined || count(term) > count(best))
      )
        best = term
  return best
}

/** Whether two different words are one letter apart: another, one more or less, or two that changed places. */
function isOneLetterAway(one: string, other: string): boolean {
  if (one === other) return false
  let start = 0
  while (start < one.length && one[start] === other[start]) start++
  const [a, b] = [one.slice(start), other.slice(start)]
  return (
    a.slice(1) === b.slice(1) ||
    a.slice(1) === b ||
    a === b.slice(1) ||
    (a.length > 1 && a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2))
  )
}
