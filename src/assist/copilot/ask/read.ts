// Reads a request: its words as concepts, the things that it names, the tool that it asks for, and what it wants.
import { onlyLooks, wantsToDestroy } from './acts.ts'
import { type Index, wordingOf } from './index.ts'
import { concept, concepts, isStop, NOT, withPhrases } from './language.ts'
import { readThings, type Token } from './things.ts'

export interface Asked extends Token {
  /** Undefined for a word without meaning, and for a thing. */
  readonly concept: string | undefined
  /** The word as compared with those of a wording: its concept, or what it is behind `~`. */
  readonly item: string
  readonly isTool: boolean
  /** Whether no wording has the word as it is written; it may be a name. */
  readonly isUnknown: boolean
  /** Its concept as it is written, where it is taken for another word misspelt. */
  readonly own: string | undefined
  /** Share of the entries that have the word. */
  readonly share: number
  /** The concepts of its text: `30 days` also says days. */
  readonly parts: readonly string[]
  /** The item before it, small words left out. */
  readonly left: string | undefined
}

/** Words that change nothing between two others. */
export const SMALL = /^~(?:a|an|the|my|me|i|is|are|of|please|all|it|this|that)$/

/** The item before one, small words left out. */
export const leftOf = (items: readonly string[], at: number): string | undefined =>
  items.findLast((item, i) => i < at && !SMALL.test(item))

export interface Request {
  readonly text: string
  /** All of its words as those of a wording, things among them. */
  readonly items: readonly string[]
  readonly tokens: readonly Asked[]
  /** The concepts of its words, without those of things. */
  readonly concepts: ReadonlySet<string>
  /** The tool that it names as the means; it binds. */
  readonly tool: string | undefined
  /** Asks to see something and for nothing else. */
  readonly looks: boolean
  readonly destroys: boolean
  /** Asks for an opinion or a lesson. */
  readonly isQuestion: boolean
  /** Asks why: only what people ask so answers it. */
  readonly asksWhy: boolean
}

/** Names of tools that are also plain words of requests; such a word names the tool only where the request says so. */
const ENGLISH = new Set(
  `find sort cut split join watch time test make who which last more less file head tail touch history set
  help kill script link look open in at for while until if then do done act go code serve just source
  space micro paper fly up op src date host service group groups users free stat strings column expand
  fold install mount umount move copy print read write run start stop status list show view cat man top w
  id env clear reset wait jobs type hash command exec exit export import alias tree size paste pr convert
  compare display identify route screen batch node python compose logger locate nice renice timeout sleep
  yes true false tee uniq shred truncate sum factor seq shuf rev dig ping trace arch lock key pass mail
  sync dump restore image network volume container pod deploy apply edit patch label scale config context
  port forward events logs log commit branch merge rebase tag push pull fetch clone add rm remote stash
  diff blame grep index note notes archive bundle submodule karo git-lfs ip comm sensors sound parallel
  pip eval sudo doas root cal calendar bc expr let cd pwd ls cp mv ps df du unlink rename zip
  unzip tar`.split(/\s+/),
)
/** Short names that nobody uses for anything but the tool, although they are listed above as words. */
const ALWAYS = new Set('rsync tar zip unzip grep pip ls cp mv ps df du umount uniq tee renice'.split(' '))
const ALIASES: Readonly<Record<string, string>> = {
  kubernetes: 'kubectl', k8s: 'kubectl', postgres: 'psql', postgresql: 'psql', systemd: 'systemctl', imagemagick: 'magick', ripgrep: 'rg', gnupg: 'gpg', 'docker-compose': 'docker',
} // biome-ignore format: a list

/** Words for `not`, also without apostrophe: `don't`, `dont`. */
const IS_NOT = /n't$|^(?:do|does|is|are|did)nt$/
/** To change nothing is what every command does that only looks. */
const NOTHING_MORE =
  /,? *\b(?:without|but (?:don't|do not|never)|and (?:don't|do not)) (?:delet|remov|chang|modify|touch|kill|stopp?)\w* (?:anything|it|them|any(?: of them)?|any files|those)\b/gi
/** Questions for an opinion or a lesson, which no command answers. */
const NO_COMMAND =
  /^\W*(?:should|how (?:does|do) (?!i\b|you\b|we\b|one\b)|what (?:is|are) (?:an? |the difference|the meaning|the best))/i

/** Words behind the name of a tool that is the name of one of these: `the ssh service`. Only systemd has services as git has branches. */
const HAS_NAME = /^(?:service|daemon|process|deployment)$/

/** What is in quotes, and words that are paths, have a dot inside, or a capital behind a letter. */
const NAMED =
  /("[^"]*"|'[^']*'(?=\s|$|[.,?!])|`[^`]*`|(?<![^\s"'`])(?:[^\s/@~*]*[/@~*]\S*|\S*\.(?=\w)\S*|[^\sA-Z]*[A-Z][^\sA-Z]*[A-Z]\S*|[^\sa-z]*[a-z][^\sA-Z]*[A-Z]\S*))/

/** A remark in parentheses that bounds nothing in the request: an example, or what to see. */
const ASIDE = /\((?:see|note|like|e\.?g\.|i\.?e\.)\s?[^()]*\)/gi

/** The text with phrases replaced by one word, except inside quotes, paths and names. */
const prepared = (text: string): string =>
  text
    .replace(NOTHING_MORE, ' ')
    .replace(/(?<=\w)\((s|es)\)/g, '$1')
    // `remove/delete` says one thing twice.
    .replace(/(?<![\w./~-])([a-z]+)\/([a-z]+)(?![\w./-])/gi, (both, one: string, other: string) =>
      concept(one.toLowerCase()) === concept(other.toLowerCase()) ? one : both,
    )
    .replace(/\bfiles?\/(?:director(?:y|ies)|folders?|dirs?)\b/gi, 'files and directories')
    .split(NAMED)
    .map((part, i) => (i % 2 === 1 ? part : withPhrases(part)))
    .join('')

/** Characters of a request that are read; longer words than people write cost more than their length to look at. */
export const MOST_READ = 2_000

/** `told`: the tool, where it is known from elsewhere that the request names one. */
export function readRequest(asked: string, index: Index, told?: string): Request {
  const whole = asked.slice(0, MOST_READ)
  const text = wantsToDestroy(whole) ? whole : whole.replace(ASIDE, ' ')
  const tool = told ?? namedTool(text, index)
  const read = readThings(prepared(text))
  const tokens = read.flatMap((token, i): readonly Omit<Asked, 'left' | 'parts'>[] => {
    const { word, entity, raw } = token
    const none = {
      ...token,
      concept: undefined,
      item: '',
      isTool: false,
      isUnknown: false,
      own: undefined,
      share: 0,
    }
    if (entity !== undefined) return [none]
    if (IS_NOT.test(word)) return [{ ...none, concept: NOT, item: NOT }]
    if (word.startsWith('-')) return []
    const plain = word.replace(/['-]s$|'$/, '')
    if (isStop(plain)) return [{ ...none, item: `~${plain}` }]
    const isKnown = index.isTool(plain)
    const isTool = isKnown && (ALWAYS.has(plain) || !(ENGLISH.has(plain) || index.isPlain(plain)))
    const own = concept(plain)
    const isName =
      isKnown && !ENGLISH.has(plain) && plain !== 'systemd' && HAS_NAME.test(read[i + 1]?.word ?? '')
    // What nobody wrote and ends so says how, or which.
    if (!index.knows(own) && !isTool && /.{4}(?:ly|ed|ing)$|-like$/.test(plain)) return []
    if ((index.knows(own) || isTool) && !isName)
      return [{ ...none, concept: own, item: own, isTool, share: index.share(own) }]
    if (isName || (/[_\d]|\w-\w/.test(plain) && /^[\w.-]+$/.test(raw)))
      return [{ ...none, word: '', entity: { kind: 'name', value: raw }, isTool }]
    // What is written about a tool of a page may have words of its own.
    const meant = (told === undefined ? index.near(own) : undefined) ?? own
    return [{ ...none, concept: meant, item: meant, isTool, isUnknown: true, own }]
  })
  const items = tokens.map(({ item }) => item)
  const found = tokens.flatMap((token) => (token.concept === undefined ? [] : [token.concept]))
  const said = wordingOf(text.toLowerCase())
  return {
    text,
    items: said,
    tokens: tokens.map((token, at) => ({ ...token, left: leftOf(items, at), parts: concepts(token.raw) })),
    concepts: new Set(found),
    tool,
    looks: onlyLooks(text.replace(NOTHING_MORE, ' ')),
    destroys: wantsToDestroy(text.replace(NOTHING_MORE, ' ')),
    isQuestion: NO_COMMAND.test(text),
    asksWhy: said.includes('~why'),
  }
}

/** The tool that a request names: `with X`, `X: …`, or a name that is no plain word. */
function namedTool(text: string, index: Index): string | undefined {
  const words = text.toLowerCase()
  const isTool = (word: string | undefined): word is string =>
    word !== undefined && index.isTool(ALIASES[word] ?? word)
  const told = [
    /^\s*([a-z][\w.+-]*):/,
    /\b(?:with|using|via|by means of) (?:the )?([a-z][\w.+-]*)(?: command)?[\s.?!]*$/,
    /^\W*(?:use|using|with) ([a-z][\w.+-]*) (?:to|for|,)/,
    /\b(?!last )([a-z][\w.+-]*) command\b/,
  ]
    .map((form) => form.exec(words)?.[1])
    .find(isTool)
  if (told !== undefined) return ALIASES[told] ?? told
  // The object of a verb may be a package, a service or a process that has a tool's name.
  const outside = words
    .replace(/"[^"]*"|'[^']*'|`[^`]*`|\S*[/@~*]\S*|\S*\w\.\w\S*/g, ' ')
    .match(/[a-z][\w+-]*/g)
  const named = outside?.filter(
    (word, i) =>
      isTool(word) &&
      (ALWAYS.has(word) || !(ENGLISH.has(word) || index.isPlain(ALIASES[word] ?? word))) &&
      !/^(?:install|uninstall|remove|upgrade|update|restart|start|stop|reload|enable|disable|kill|end|purge|called|named|is|package|service|process)$/.test(
        outside[i - 1] ?? '',
      ) &&
      // `the docker group`
      !/^(?:groups?|users?|accounts?|services?|packages?|process(?:es)?|daemon|folders?|director(?:y|ies)|binary|program)$/.test(
        outside[i + 1] ?? '',
      ),
  )
  const [first] = named ?? []
  return first === undefined ? undefined : (ALIASES[first] ?? first)
}
