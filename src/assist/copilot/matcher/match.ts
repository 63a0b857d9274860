// Finds the recipes that answer a request: by how much of the request a wording has, and how much more it has.

import type { Recipe } from '../recipes/recipe.ts'
import { type Aligned, align, needed } from './align.ts'
import { type Asked, readAsked } from './asked.ts'
import { type Beside, setBeside } from './beside.ts'
import { isEnough } from './enough.ts'
import { concept, isAskedFor } from './language.ts'
import { accountsFor } from './limits.ts'
import { scoreOf } from './score.ts'
import { ALSO, SHOW } from './word-groups.ts'
import { type Index, sum, type Wording } from './wordings.ts'

export interface Found {
  readonly recipe: Recipe
  /** From 0 to about 1. */
  readonly score: number
  readonly values: ReadonlyMap<string, string>
  /** Whether every word of the request is in the wording or a slot, and the wording says little more. */
  readonly isSure: boolean
}

/** Wordings that are compared closely, those that share most words with the request. */
const CLOSE_LOOK = 80

/** Commands that change something. */
const CHANGES_IT =
  /^(?:sudo (?!lastb|dmesg|fdisk|blkid|iftop|nethogs|tcpdump|smartctl|dmidecode|ufw status|iptables -L|nft list)|git (?:add|commit|switch|push|merge|config --global [\w.]+ |rm|restore|reset|stash(?! list| show))|docker (?:run|start|restart|create|commit|tag|rename|cp|compose (?:up|restart))|(?:mkdir|touch|ln|cp|mv|chmod|chown|export|alias \{) ?|sed -i|kubectl (?:apply|scale|edit|create|rollout restart))/

/** A request that breaks off. */
const UNFINISHED = /\b(?:and|or|but|not|the|with)(?: (?:in|to|of|from))?[\s.?!]*$/i

/** Questions for an explanation or an opinion, which no command answers. */
const NO_TASK =
  /^\s*(?:what(?:'s| is| are) an? [\w-]+|how (?:do|does) [\w -]+ works?|what (?:do|does) [\w -]+ mean|what(?:'s| is) the difference between an? .+|should i .+|explain .+|(?:what(?:'s| is| are)|which(?: is)?) (?:the )?(?:best|better)\b.+)[\s?.!]*$/i

/** The recipes, best first, each once with its best wording. */
export function search(text: string, index: Index): readonly Found[] {
  if (UNFINISHED.test(text) || NO_TASK.test(text.slice(0, 300))) return []
  const asked = readAsked(text, index)
  const words = new Set(asked.flatMap((token) => token.concept ?? []))
  // A request that only names things asks to see them.
  if (words.size === 0 && asked.some(({ entity }) => entity !== undefined)) words.add(SHOW)
  const close = index.wordings
    .map((wording) => ({ wording, shared: shared(wording, words, index) }))
    .filter((one) => one.shared > 0)
    .sort((a, b) => b.shared / (b.wording.weight + 4) - a.shared / (a.wording.weight + 4))
    .slice(0, CLOSE_LOOK)
  const best = new Map<Recipe, Found>()
  for (const { wording } of close) {
    if (!mayAnswer(wording.recipe, asked)) continue
    const found = compare(wording, asked, index, text.slice(0, 1_000))
    if (found === undefined) continue
    const before = best.get(wording.recipe)
    if (before === undefined || found.score > before.score) best.set(wording.recipe, found)
  }
  return [...best.values()].sort((a, b) => b.score - a.score)
}

const shared = ({ words }: Wording, asked: ReadonlySet<string>, index: Index): number => {
  let total = 0
  for (const word of asked) if (words.has(word)) total += index.weight(word)
  return total
}

/**
 * Whether the request has a word that the recipe needs and none that it excludes; one that destroys needs a request that asks
 * for it and does not forbid it.
 */
function mayAnswer({ asks, needs, unless }: Recipe, asked: readonly Asked[]): boolean {
  const has = (words: readonly string[]): boolean => {
    const meant = new Set(words.map(concept))
    return asked.some((token) => token.concept !== undefined && meant.has(token.concept))
  }
  if ((needs !== undefined && !has(needs)) || (unless !== undefined && has(unless))) return false
  if (asks === undefined) return true
  // Deleted files need no deletion: `list deleted files`.
  const said = asked.map(({ concept: meant, word }) => (/^(?!shred$).*ed$/.test(word) ? undefined : meant))
  return asks.some((word) => isAskedFor(concept(word), said))
}

const ONLY_FILES = /-type f\b/
const OF_DIRECTORIES =
  /\b(?:delet|remov|eras|purg|wip|clean)(?:e|es|ing|s)?(?: up)? (?:all |the |any |every |old |those )*(?:(?:sub)?director(?:y|ies)|(?:sub)?folders?|dirs?)\b|^(?:(?!\bfiles?\b).)*(?<!\b(?:in|inside|from|under|below|within|of|across) (?:(?:all|the|these|those|my|any|its) )*)\b(?:sub)?(?:directories|folders|dirs)\b/i

function compare(wording: Wording, asked: readonly Asked[], index: Index, text: string): Found | undefined {
  const { recipe } = wording
  const aligned = align(wording, asked, index)
  const { values, used } = aligned
  const changes = CHANGES_IT.test(recipe.run)
  const acts = changes || recipe.asks !== undefined
  if (!accountsFor(text, asked, { wording, values, used, acts })) return undefined
  const beside = setBeside(wording, asked, aligned)
  const { words, own } = beside
  const open = needed(recipe.run).filter((slot) => !values.has(slot))
  if (!isEnough(wording, words, open, asked, values)) return undefined
  // If two kinds of things are to be deleted, a command for one of them is no answer.
  if (recipe.asks !== undefined && [...words].some((word) => ALSO.has(word) && !own.has(word)))
    return undefined
  // Who says directories means neither the files in them nor something else of the same age.
  if (recipe.asks !== undefined && OF_DIRECTORIES.test(text))
    if (ONLY_FILES.test(recipe.run) || !own.has(concept('directory'))) return undefined
  // What only a shell can run is no word behind `-exec`.
  if (/-exec\b/.test(recipe.run) && /[;|&<>`$]/.test(values.get('cmd') ?? '')) return undefined
  // The largest of what is named is not all of it.
  if (acts && EXTREME.test(text) && !EXTREME.test(wording.text)) return undefined
  const score = scoreOf({ wording, asked, aligned, beside, index, text, changes })
  return { recipe, score, values, isSure: isCovered(wording, asked, aligned, beside, index) }
}

/** Share of a wording's weight that a request may leave out and still mean the same. */
const MOST_UNSAID = 0.2

function isCovered(
  wording: Wording,
  asked: readonly Asked[],
  aligned: Aligned,
  beside: Beside,
  index: Index,
): boolean {
  const { words, own, left, undone, unnamed } = beside
  const { values, used, nouns } = aligned
  if (undone.length > 0 || left.some(({ entity }) => entity !== undefined && entity.kind !== 'here'))
    return false
  if ([...words].some((word) => !own.has(word) && word !== SHOW)) return false
  // A word that other wordings have may have meant something else, unless its noun stands beside it.
  const isBorrowed = (i: number): boolean => !nouns.has(i) && index.knows(asked[i]?.concept ?? '')
  if ([...used].some((i) => asked[i]?.entity === undefined && isBorrowed(i))) return false
  if (isDoubtful(wording, asked, aligned)) return false
  const telling = [...wording.words].filter((word) => word !== SHOW)
  if (!telling.some((word) => words.has(word))) return false
  const unsaid = telling.filter((word) => !words.has(word))
  if (sum(unsaid, index.weight) > MOST_UNSAID * wording.weight) return false
  const slots = wording.parts.filter((part) => part.startsWith('{')).map((part) => part.slice(1, -1))
  const open = values.size > 0 ? needed(wording.recipe.run) : []
  return [...slots, ...open].every(
    (slot) =>
      values.has(slot) ||
      (values.size === 0 && unnamed.has(slot)) ||
      wording.recipe.run.includes(`{${slot}=`),
  )
}

/** Words that pick one or some of what is named. */
const EXTREME =
  /\b(?:larg|bigg|small|old|new|lat|long|short)est\b|\bmost recent\b|\b(?:first|last|top) \d+\b/i
/** An ending alone, which is no file's name, a stray quote, a choice in braces, and two kinds with a slash. */
const NO_NAME =
  /^\.(?!env$|git$|ssh$|npmrc$)[a-z]\w{0,4}$|^[^']*'$|\{[^}]*(?:,|\.\.)[^}]*\}|^(?:regular\/normal|patterns?|less|more)$/i

/** Slots that take any text, so that a plain word is no evidence for them. */
const ANY_TEXT = /^(?:text|sed|cmd|name|word|dir|path|file|dest|user)\d?$/
/** Commands that read a file as it is, and files that have to be unpacked first. */
const READS = /^(?:grep|wc|cat|head|tail|sort|ls|awk|sed|cut)\b/
const PACKED = /\.(?:t?gz|zip|bz2|xz|zst|7z|rar|tar)$/
const isGlob = (slot: string, value: string): boolean =>
  /^(?:file|path|dir)\d?$/.test(slot) && /[*?]/.test(value)
/** Words about the beginning or the end of a name or line. */
const ENDS = /\b(?:start|begin|end)(?:s|ing)? (?:with|in)\b/i

/** Whether a slot holds what may have meant something else, or the command cannot read what it is given. */
function isDoubtful(
  { recipe, text }: Wording,
  asked: readonly Asked[],
  { values, used, nouns }: Aligned,
): boolean {
  const given = [...values]
  const said = asked.map(({ raw }) => raw).join(' ')
  const isPlain = (value: string): boolean =>
    [...used].some((i) => asked[i]?.entity === undefined && asked[i]?.raw === value && !nouns.has(i))
  if (/https\?/.test(recipe.run) && !/\b(?:urls?|https?|web|html|hyperlinks?)\b/i.test(said)) return true
  if (/^grep/.test(recipe.run) && given.some(([slot, value]) => slot === 'text' && value.startsWith('*.')))
    return true
  if (given.some(([slot, value]) => ANY_TEXT.test(slot) && (isPlain(value) || NO_NAME.test(value))))
    return true
  // A file is no command.
  if (given.some(([slot, value]) => slot === 'cmd' && /^\S+\.\w+$/.test(value))) return true
  if (READS.test(recipe.run) && given.some(([slot, value]) => PACKED.test(value) || isGlob(slot, value)))
    return true
  return ENDS.test(said) && !ENDS.test(text)
}
