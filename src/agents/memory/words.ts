// Full-text search by MiniSearch: BM25+, with prefixes and small spelling mistakes.
import MiniSearch from 'minisearch'

interface Text {
  readonly id: string
  readonly text: string
}

export type WordIndex = ReturnType<typeof createWordIndex>

/** Characters and words of a query that are looked at; a person types fewer. */
const MOST_QUERY = 512
const MOST_WORDS = 32

export function createWordIndex(texts: readonly Text[]) {
  const index = new MiniSearch<Text>({ fields: ['text'] })
  index.addAll(texts)
  return {
    add: (one: Text) => index.add({ id: one.id, text: one.text }),
    remove(id: string) {
      if (index.has(id)) index.discard(id)
    },
    /** Ids, the best first. Those in which more of the words stand come first. */
    search(query: string) {
      const words = query.slice(0, MOST_QUERY).split(/\s+/).slice(0, MOST_WORDS).join(' ')
      // Short words have too many neighbours.
      const how = {
        prefix: (word: string) => word.length > 2,
        fuzzy: (word: string) => word.length > 4 && 0.2,
      }
      return index.search(words, how).map(({ id }) => id as string)
    },
  }
}
