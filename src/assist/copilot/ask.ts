// Finds a command for a request in words, from recipes, own history and option descriptions; the guard judges each.
import { compareLevels, worst } from '../risk/decide.ts'
import type { RiskVerdict, Shell } from '../risk/index.ts'
import { isBorneOut } from './borne-out.ts'
import { changesSomething, onlyLooks, withoutEmptying } from './compose/acts.ts'
import { compose } from './compose/index.ts'
import type { Examples } from './examples/index.ts'
import type { Knowledge } from './knowledge.ts'
import { leavesOut } from './matcher/limits.ts'
import { search } from './matcher/match.ts'
import { fill } from './matcher/slots.ts'
import { buildIndex, type Index } from './matcher/wordings.ts'
import { PLACEHOLDERS } from './model/prompt.ts'
import { examplesFor, optionsFor } from './option-search.ts'
import { destroysByName, type OwnCommand, ownCandidates, wantsToDestroy } from './own-history.ts'
import { RECIPES } from './recipes/index.ts'
import { toolsFor } from './tool-search.ts'
import type { Answer, Candidate, Proposal } from './types.ts'

export interface AskOptions {
  readonly shell: Shell
  readonly judge: (command: string) => RiskVerdict
  readonly knowledge: Knowledge
  /** Commands that the person ran, newest first; empty if no daemon is there to tell. */
  readonly own?: readonly OwnCommand[]
  readonly cwd?: string
  /** tldr pages of this machine, for requests that name a tool. */
  readonly examples?: Examples
  /** The model's command, already checked for its form but not judged. */
  readonly model?: { readonly name: string; readonly command: string }
  readonly notes?: readonly string[]
}

/** Least score of an answer. Below it the request asks for something else. */
const LEAST_SCORE = 0.5
/** An alternative's score is at most this much below the best; the score of one that destroys at most NEAR_DESTROYING. */
const NEAR = 0.25
const NEAR_DESTROYING = 0.08
const MOST_ALTERNATIVES = 3

let index: Index | undefined
const ownIndex = (knowledge: Knowledge): Index => (index ??= buildIndex(RECIPES, knowledge.wordings()))

/**
 * Finds an answer; the same request always gives the same, and nothing is run. The model's command comes first only if it
 * is not blocked, not riskier than the best recipe, and destroys or changes nothing unasked. Otherwise it is only an alternative.
 */
export function findCommand(request: string, options: AskOptions): Answer {
  const { judge, model, notes = [] } = options
  const known = offlineCandidates(request, options)
  const offline = known.map((candidate) => judged(trusted(request, candidate), judge))
  if (model === undefined) return answerOf(offline, notes)
  const own = judged(ofModel(model), judge)
  const others = offline.filter(({ command }) => command !== own.command).slice(0, MOST_ALTERNATIVES)
  const against = objection(request, own, offline[0], isForDestroying(request, known[0]))
  if (against === undefined) return answerOf([own, ...others], notes)
  const said = [...notes, `The model's command ${against}`]
  return others.length > 0 ? answerOf([...others, own], said) : { ...answerOf([], said), alternatives: [own] }
}

/** Where a way to the answer, or answers to requests like this one, have often been wrong, it is a guess, although no word is left over. */
const trusted = (request: string, candidate: Candidate): Candidate =>
  candidate.confidence === 'perhaps' || isBorneOut(request, candidate.ways ?? [])
    ? candidate
    : { ...candidate, confidence: 'perhaps' }

const ofModel = ({ name, command }: NonNullable<AskOptions['model']>) => ({
  command,
  source: `model ${name}`,
  placeholders: PLACEHOLDERS.filter(
    // A name that the command itself sets or reads as a variable is no placeholder.
    (one) => new RegExp(`\\b${one}\\b`).test(command) && !new RegExp(`\\$\\{?${one}\\b`).test(command),
  ),
  destroys: destroysByName(command),
  confidence: 'perhaps' as const,
})

/**
 * Whether the request asks to destroy something and the best recipe does too. `restart nginx` has such a word and asks
 * for nothing of the kind.
 */
const isForDestroying = (request: string, best: Candidate | undefined): boolean =>
  wantsToDestroy(request) && (best?.source !== 'recipe' || best.destroys === true)

/**
 * Why the model's command is not the answer, as the end of a sentence about it; undefined if nothing speaks against it.
 */
function objection(
  request: string,
  own: Proposal,
  best: Proposal | undefined,
  mayDestroy: boolean,
): string | undefined {
  if (own.decision === 'block') return `is blocked: ${own.reasons.join(' ') || 'it is too long'}`
  // A recipe gives the same command, and recipes that destroy are only found for requests that ask for it.
  if (best?.command === own.command) return undefined
  if (!mayDestroy && destroysByName(own.command))
    return 'deletes, ends or overwrites something, and the request does not ask for that.'
  if (destroysByName(own.command) && !leavesOut(request, own.command))
    return 'may delete, end or overwrite more than the request asks for.'
  if (onlyLooks(request) && changesSomething(own.command))
    return 'changes something, and the request only asks to see something.'
  if (compareLevels(own.risk_level, best?.risk_level ?? 'moderate') <= 0) return undefined
  const why = own.reasons.join(' ')
  return best === undefined ? `is risky: ${why}` : `is riskier than the command that Karo knows: ${why}`
}

/** The answers without a model, best first. Confidence says here only whether every word of the request is accounted for. */
export function offlineCandidates(request: string, options: AskOptions): readonly Candidate[] {
  // A command that changes something is never the answer to a request that only looks.
  const looks = onlyLooks(request)
  const all = candidates(request, options).filter(({ command }) => !looks || !changesSomething(command))
  const [best] = all
  const kept: Candidate[] = []
  for (const candidate of all) {
    if (candidate.score < best!.score - NEAR || kept.length > MOST_ALTERNATIVES) break
    if (candidate.destroys === true && candidate !== best && !isNear(candidate, best!)) continue
    if (kept.some((one) => one.command === candidate.command)) continue
    kept.push(candidate)
  }
  return kept
}

/** Whether a command that destroys may stand beside the best answer: it fits about as well and uses the same tool. */
const isNear = ({ command, score }: Candidate, best: Candidate): boolean =>
  score >= best.score - NEAR_DESTROYING && toolOf(command) === toolOf(best.command)

const toolOf = (command: string): string => command.replace(/^sudo /, '').split(' ', 1)[0] as string

function candidates(
  request: string,
  { shell, knowledge, own = [], cwd, examples }: AskOptions,
): readonly Candidate[] {
  const index = ownIndex(knowledge)
  const composed = compose(request).filter(({ command }) => isFor(shell, command))
  const recipes = recipesFor(request, shell, index)
  const before = ownCandidates(request, own, cwd, { knowledge, index })
  const shown = examples === undefined ? [] : examplesFor(request, examples, index)
  const found = [...composed, ...recipes, ...before, ...shown].sort(better)
  // Searching the knowledge file is slow, so it is left out if there is a sure answer.
  if (found[0]?.confidence === 'sure') return found
  const described = optionsFor(request, knowledge, index, (found[0]?.score ?? 0) >= LIKELY)
  if (found.length + described.length > 0) return [...found, ...described].sort(better)
  return toolsFor(request, knowledge)
}

/** What is sure comes first, then what fits better. */
const better = (one: Candidate, other: Candidate): number =>
  Number(other.confidence === 'sure') - Number(one.confidence === 'sure') || other.score - one.score

/** Score from which an answer counts more than an option of a tool that the request does not name. */
const LIKELY = 0.62

/** Syntax that sh lacks. */
const NOT_IN_SH = /[<>]\(|<<<|&>|\[\[ |(?<=^|[\s=])\$'|^(?:shopt|pushd|dirs|source|history)\b/
/** Syntax and builtins of other shells that fish lacks. */
const NOT_IN_FISH = /[<>]\(|<<|^\w+=|\$\{|\$\$|\$0|^(?:shopt|unset|unalias|set -[ex])\b/

const isFor = (shell: Shell, command: string): boolean =>
  !(shell === 'sh' ? NOT_IN_SH : shell === 'fish' ? NOT_IN_FISH : /$^/).test(command)

/** A root, a home, this directory or every name: a word that the request may hold for many reasons. */
const isWhole = (value: string): boolean => /^[/~*.]+$/.test(value)

/** Whether a copy runs the wrong way: from what the request names behind "to". */
function isTurned(request: string, command: string): boolean {
  const [, from = '', to = ''] = /^(?:scp|rsync|cp|mv)(?: -\S+)* (\S+) (\S+)$/.exec(command) ?? []
  const end = from === '' ? -1 : request.indexOf(` to ${from}`)
  return end >= 0 && request.slice(0, end).includes(to)
}

/** Whether a tool for files of this machine is given a place on another one. */
const isElsewhere = (command: string): boolean => /^(?:cp|mv|ln|tar|zip)\b.*\w@[\w.-]+:/.test(command)

/** Whether the request names the thing only to describe what is to be destroyed: `older than a.txt`, `processes of bob`. */
const isOther = (request: string, value: string): boolean =>
  BEFORE_OTHER.some((before) => request.toLowerCase().includes(`${before} ${value.toLowerCase()}`))
const BEFORE_OTHER = [
  ...['older than', 'newer than', 'larger than', 'smaller than', 'links to', 'link to', 'linked to'],
  ...['processes of', 'processes run by', 'processes started by'],
]

/** A request to end one thing that may be no program: `kill the lights`. */
const NO_PROGRAM = /^\W*(?:kill|terminate|end) (?:the|my|these|those) (?!process)\w+\W*$/i

/** Whether the request begins with a change, and the command only looks at what should be changed. */
const isIdle = (request: string, command: string): boolean =>
  CHANGE_FIRST.test(request) && !changesSomething(command)
const CHANGE_FIRST =
  /^\W*(?:please )?(?:enable|disable|touch|log ?in|log ?out|archive|compress|save|store|lock|unlock|move|rename|copy)s?\b/i

function recipesFor(request: string, shell: AskOptions['shell'], index: Index): readonly Candidate[] {
  return (
    search(request, index)
      .filter(({ score }) => score >= LEAST_SCORE)
      // Whoever means their whole home, or the whole machine, writes that themselves.
      .filter(({ recipe, values }) => recipe.asks === undefined || ![...values.values()].some(isWhole))
      .slice(0, 2 * MOST_ALTERNATIVES)
      .flatMap(({ recipe, score, values, isSure }): Candidate[] => {
        const ofFish = shell === 'fish' ? recipe.fish : undefined
        const { command, missing } = fill(ofFish ?? recipe.run, values)
        if (ofFish === undefined && !isFor(shell, command)) return []
        const safe = withoutEmptying(command)
        if (safe === undefined || isTurned(request, safe) || isElsewhere(safe)) return []
        const destroys = recipe.asks !== undefined
        if (destroys && [...values.values()].some((value) => isOther(request, value))) return []
        const isCertain =
          isSure &&
          !NO_PROGRAM.test(request) &&
          !isIdle(request, safe) &&
          !(missing.length > 0 && safe.includes('! -'))
        const confidence = isCertain ? 'sure' : 'perhaps'
        const ways = ['recipe', recipe.run]
        return [{ command: safe, source: 'recipe', score, placeholders: missing, destroys, confidence, ways }]
      })
  )
}

function judged(
  { command, source, placeholders, destroys, confidence }: Omit<Candidate, 'score'>,
  judge: AskOptions['judge'],
): Proposal {
  const asWritten = judge(command)
  const verdict =
    placeholders.length === 0 ? asWritten : riskier(asWritten, judge(unknowns(command, placeholders)))
  const { risk_level, decision, matches } = verdict
  const reasons = [...new Set(matches.map(({ why }) => why))]
  const open = placeholders.length > 0 && (destroys === true || verdict !== asWritten)
  return {
    command,
    source,
    // What will be destroyed depends on a word that the person still has to fill in.
    risk_level: open ? worst([risk_level, 'moderate']) : risk_level,
    decision,
    placeholders,
    confidence,
    reasons: open ? [...reasons, `How risky it is depends on ${placeholders.join(' and ')}.`] : reasons,
  }
}

const riskier = (one: RiskVerdict, other: RiskVerdict): RiskVerdict =>
  compareLevels(other.risk_level, one.risk_level) > 0 ? other : one

/** The command with unset variables in place of its placeholders, so that it is judged as if they could be anything. */
const unknowns = (command: string, placeholders: readonly string[]): string =>
  placeholders.reduce(
    (text, name) => text.replaceAll(new RegExp(`(?<![\\w$"'{])${name}(?![\\w"'}])`, 'g'), `"$${name}"`),
    command,
  )

function answerOf(proposals: readonly Proposal[], notes: readonly string[]): Answer {
  const [first, ...alternatives] = proposals
  const nothing = {
    command: null,
    source: null,
    risk_level: null,
    decision: null,
    confidence: null,
    placeholders: [],
    reasons: [],
  }
  return { ...(first ?? nothing), alternatives, notes }
}
