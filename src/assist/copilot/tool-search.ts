// Finds the tool for a request that nothing else answers: by what tools say of themselves, their options and examples.

import { beginsWithLook, changesSomething, wantsChange } from './compose/acts.ts'
import type { Knowledge } from './knowledge.ts'
import type { CommandKnowledge } from './knowledge-format.ts'
import { concept, concepts, NOT } from './matcher/language.ts'
import { describesLimits } from './matcher/limits.ts'
import { destroysByName, wantsToDestroy } from './own-history.ts'
import { RECIPES } from './recipes/index.ts'
import { TOOLS } from './tools/index.ts'
import { onLinux } from './tools/not-linux.ts'
import { PURPOSES } from './tools/purposes.ts'
import type { Candidate } from './types.ts'

/** One thing that a tool does: the whole tool, a subcommand, an option, or a recipe. */
interface Passage {
  readonly tool: string
  readonly command: string
  /** The option of the command; empty for the command itself. */
  readonly option: string
  readonly placeholder: string
  readonly words: ReadonlySet<string>
}

interface Passages {
  readonly all: readonly Passage[]
  /** Places in `all` by word. */
  readonly byWord: ReadonlyMap<string, readonly number[]>
  /** Words that a tool says of itself as a whole; its options are about them, too. */
  readonly about: ReadonlyMap<string, ReadonlySet<string>>
  /** What a tool does: the first word that it says of itself, and its name, because `ping` is also a verb. */
  readonly verbs: ReadonlyMap<string, ReadonlySet<string>>
  /** How many passages a tool has. */
  readonly sizes: ReadonlyMap<string, number>
}

/** Least share of the request that must be found again; less where the request names the tool. */
const LEAST = 0.3
const LEAST_NAMED = 0.24
/** Counts for a word that only the tool as a whole has. */
const ABOUT = 0.7
/** Share of a passage's length that counts against it, as in BM25. */
const LENGTH = 0.15
/** Counts for a word that only other passages of the tool have: an option seldom repeats what its tool is for. */
const ELSEWHERE = 0.3
/** What each doubling of a tool's passages takes from a passage, and from ELSEWHERE: many passages have more chance hits. */
const CHANCE = 0.06
const CHANCE_ELSEWHERE = 0.15
/** Added for a tool that does what the request begins with. */
const VERB = 0.25
/** Of two passages that fit about as well, the one with an option says more than the tool's name alone. */
const BARE = 0.95
const MOST_OPTIONS = 3
/** Telling words of a request that names no tool; fewer fit too many tools. */
const LEAST_WORDS = 3

/**
 * Requests for which a guess is worse than none: those that forbid or bound something, that ask for an opinion, that are
 * about everything, or that name a place, which a guess does not use.
 */
const NO_GUESS =
  /n['\u2019]t\b|\b(?:never|dont|unless|when|whenever|while|everything|everyone|anything|permanently|forever)\b|^\W*(?:is|are|am|should|why|would|does|do|how (?:does|do) (?!i\b|you\b|we\b|one\b)|what (?:is|are) the difference)\b|(?:^|\s)[/~]/i

/** Phrases whose words would ask to destroy something elsewhere: `in long format`, `ask before overwriting`. */
const NOT_DESTROYING =
  /\b(?:in|as|using|with|of) (?:\S+ ){1,3}?formats?\b|\b(?:before|without|not) overwriting\b/gi

/** The passages of each knowledge file, made when they are first needed. */
const made = new WeakMap<Knowledge, Passages>()

/** The tool that a request names as the means: `use X to …`. */
const TOLD = /^\W*(?:please )?(?:use|run|using|call) ([a-z][\w.-]{2,}) (?:to|for)\b/

/** Commands, best first, whose tools fit the request; none of them accounts for every word of it. */
export function toolsFor(request: string, knowledge: Knowledge): readonly Candidate[] {
  // Who says with which tool it is to be done does not want another one.
  const told = TOLD.exec(request)?.[1]
  if (told !== undefined && !Object.hasOwn(TOOLS, told) && knowledge.command(told) === undefined) return []
  if (wantsToDestroy(request.replace(NOT_DESTROYING, ' ')) || NO_GUESS.test(request)) return []
  const passages = made.get(knowledge) ?? prepare(knowledge)
  made.set(knowledge, passages)
  const typed = request.trim().toLowerCase()
  const [, first = ''] = /^([a-z][\w.+-]*)(?::| )/.exec(typed) ?? []
  const last = /\b(?:with|using) ([a-z][\w.+-]*)[\s.?!]*$/.exec(typed)?.[1] ?? ''
  const isTool = (word: string): boolean => passages.about.has(word)
  const named = isTool(last) ? last : isTool(first) && typed.startsWith(`${first}:`) ? first : undefined
  const said = concepts(
    named === undefined ? request : request.replace(new RegExp(`\\b${named}\\b:?`, 'i'), ' '),
  )
  const asked = new Set(said)
  if (asked.size < (named === undefined ? LEAST_WORDS : 1)) return []
  const scored = score(asked, passages, named)
  // `show changes` has a verb of change, too.
  const mayChange = wantsChange(request) && !beginsWithLook(request)
  const best = new Map<string, Candidate>()
  for (const { passage, share } of scored) {
    if (share < (named === undefined ? LEAST : LEAST_NAMED) || best.size >= MOST_OPTIONS) break
    if (!describesLimits(said, new Set([...passage.words, ...(passages.about.get(passage.tool) ?? [])])))
      continue
    const found = candidate(passage, share)
    // A guess never destroys anything, and changes something only if a change of a thing is asked for.
    const isHarmless =
      !destroysByName(found.command) &&
      (mayChange || !(changesSomething(found.command) || CHANGING.test(found.command))) &&
      // A name alone destroys nothing, even if the tool can.
      (found.command === passage.tool || !saysItDestroys(passage.words))
    if (isHarmless && !best.has(passage.tool)) best.set(passage.tool, found)
  }
  return [...best.values()]
}

/** Subcommands that change something whatever the tool is; few of the tools are known so well as `git` and `docker`. */
const CHANGING =
  /^\S+ (?:re|un)?(?:install|add|attach|apply|build|commit|connect|create|deploy|disable|edit|enable|export|import|init|load|log(?:in|out)|merge|mount|new|pull|push|put|rebase|remove|rename|restart|rm|run|save|scale|set|start|stop|tap|update|upgrade|upload)(?![a-z])/

/** Whether a description says that something is deleted or ended, as that of `fuser -k`, rather than that it is not. */
const saysItDestroys = (words: ReadonlySet<string>): boolean =>
  !words.has(NOT) && DESTROYING.some((word) => words.has(word))
const DESTROYING = 'delete kill wipe'.split(' ').map(concept)

function score(
  asked: ReadonlySet<string>,
  passages: Passages,
  named: string | undefined,
): { passage: Passage; share: number }[] {
  const { all, byWord } = passages
  const weights = new Map(
    [...asked].map((word) => [word, Math.log(1 + all.length / (byWord.get(word)?.length ?? 0.5))] as const),
  )
  const whole = [...weights.values()].reduce((sum, one) => sum + one, 0)
  const near = new Set([...asked].flatMap((word) => byWord.get(word) ?? []))
  const [verb] = asked
  const prior = named === undefined ? priors(weights, verb, passages) : undefined
  return [...near]
    .map((at) => all[at] as Passage)
    .filter(({ tool }) => named === undefined || tool === named)
    .map((passage) => {
      const { shared, count } = sharedWith(passage, weights, passages.about.get(passage.tool))
      const length = 1 + LENGTH * Math.max(0, passage.words.size / (count + 1) - 1)
      const isBare = passage.command === passage.tool && passage.option === ''
      const share = ((isBare ? BARE : 1) * shared) / whole / length
      if (prior === undefined) return { passage, share }
      const { times, plus } = prior(passage.tool)
      return { passage, share: count < 2 ? 0 : share * times + plus / whole }
    })
    .sort(
      (a, b) =>
        b.share - a.share ||
        (a.passage.command + a.passage.option < b.passage.command + b.passage.option ? -1 : 1),
    )
}

/** The weight of the words that a passage and a request share, and how many they are. */
function sharedWith(
  passage: Passage,
  weights: ReadonlyMap<string, number>,
  ofTool: ReadonlySet<string> | undefined,
): { shared: number; count: number } {
  let shared = 0
  let count = 0
  for (const [word, weight] of weights) {
    if (passage.words.has(word)) shared += weight
    else if (ofTool?.has(word) === true) shared += ABOUT * weight
    else continue
    count++
  }
  return { shared, count }
}

/** What a tool as a whole does to the shares of its passages: a factor, and a weight that is added. */
function priors(
  weights: ReadonlyMap<string, number>,
  verb: string | undefined,
  { all, byWord, verbs, sizes }: Passages,
): (tool: string) => { times: number; plus: number } {
  const held = new Map<string, number>()
  for (const [word, weight] of weights)
    for (const tool of new Set((byWord.get(word) ?? []).map((at) => (all[at] as Passage).tool)))
      held.set(tool, (held.get(tool) ?? 0) + weight)
  return (tool) => {
    const doublings = Math.log2(1 + (sizes.get(tool) ?? 0))
    const does = verb !== undefined && verbs.get(tool)?.has(verb) === true
    return {
      times: (does ? 1 + VERB : 1) / (1 + CHANCE * doublings),
      plus: (ELSEWHERE * (held.get(tool) ?? 0)) / (1 + CHANCE_ELSEWHERE * doublings),
    }
  }
}

function candidate({ tool, command, option, placeholder }: Passage, share: number): Candidate {
  const written = [command, option, placeholder].filter((part) => part !== '').join(' ')
  // Alone, crontab reads a new schedule from the terminal in place of the old one.
  const text = written === 'crontab' ? 'crontab -e' : written
  return {
    command: text,
    source: `tool ${tool}`,
    // Below everything else: only a tool is named.
    score: 0.4 * share,
    placeholders: placeholder === '' ? [] : [placeholder],
    confidence: 'perhaps',
  }
}

/** The tools that Karo's own table or its recipes know; more of them would only give chance hits. */
function prepare(knowledge: Knowledge): Passages {
  const all: Passage[] = []
  const about = new Map<string, Set<string>>()
  const verbs = new Map<string, Set<string>>()
  const recipes = new Map<string, { command: string; words: Set<string> }[]>()
  for (const { run, says } of RECIPES) {
    const tool = /^(?:sudo (?:-\S+ )*)?([a-z][\w.+-]*)/.exec(run)?.[1]
    if (tool === undefined) continue
    const words = new Set(says.flatMap((text) => concepts(text.replace(/\{\w+(?:=[^{}]*)?\}/g, ' '))))
    // Only the beginning: what follows is about things that the request did not name.
    const command = run.replace(/^sudo /, '').replace(/\s*(?:[|;&<>{'"]|\S*[{'"]).*$/s, '')
    recipes.set(tool, [...(recipes.get(tool) ?? []), { command, words }])
  }
  for (const tool of new Set([...Object.keys(TOOLS), ...recipes.keys()])) {
    const own = Object.hasOwn(TOOLS, tool) ? TOOLS[tool] : undefined
    const known = knowledge.command(tool)
    const name = concepts(tool)
    const says = concepts(`${own?.does ?? ''} ${known?.d ?? ''}`)
    const words = new Set([...says, ...name])
    verbs.set(tool, new Set([...says.slice(0, 1), ...name]))
    about.set(tool, words)
    all.push({ tool, command: tool, option: '', placeholder: '', words })
    for (const purpose of Object.hasOwn(PURPOSES, tool) ? (PURPOSES[tool] as string).split('; ') : [])
      all.push(passage(tool, tool, '', undefined, purpose))
    for (const { command, words } of recipes.get(tool) ?? [])
      all.push({ tool, command, option: '', placeholder: '', words })
    for (const [key, does] of Object.entries(own?.options ?? {})) {
      const option = key.split(' ').find((one) => one.startsWith('-'))
      const argument = /(?:^| )=([^=? ]+)/.exec(key)?.[1]
      if (option !== undefined) all.push(passage(tool, tool, option, argument, does))
    }
    if (known !== undefined) all.push(...passagesOf(tool, tool, known, 1))
  }
  const byWord = new Map<string, number[]>()
  for (const [at, { words }] of all.entries())
    for (const word of words) {
      const places = byWord.get(word)
      if (places === undefined) byWord.set(word, [at])
      else places.push(at)
    }
  const sizes = new Map<string, number>()
  for (const { tool } of all) sizes.set(tool, (sizes.get(tool) ?? 0) + 1)
  return { all, byWord, about, verbs, sizes }
}

function passagesOf(tool: string, command: string, known: CommandKnowledge, depth: number): Passage[] {
  const options = (known.o ?? []).flatMap(({ n, d, a }) => {
    const names = command === tool ? onLinux(tool, n) : n
    const option = names.find((name) => /^-[A-Za-z]$/.test(name)) ?? names[0]
    if (d === undefined || n[0]?.startsWith('-') !== true) return []
    // Without its spelling an option still says what the tool is about.
    if (option === undefined) return [passage(tool, command, '', undefined, d)]
    return [passage(tool, command, option, a?.endsWith('?') ? undefined : a, d)]
  })
  if (depth === 0) return options
  return [
    ...options,
    ...(known.s ?? []).flatMap(([[name = ''], sub]) => [
      passage(tool, `${command} ${name}`, '', undefined, sub.d ?? ''),
      ...passagesOf(tool, `${command} ${name}`, sub, depth - 1),
    ]),
  ]
}

function passage(
  tool: string,
  command: string,
  option: string,
  argument: string | undefined,
  does: string,
): Passage {
  const placeholder = (argument ?? '')
    .replace(/[^A-Za-z]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toUpperCase()
  return { tool, command, option, placeholder, words: new Set(concepts(does)) }
}
