// Finds a command for a request in words: among what Karo knows, by composing a search, and among a person's own commands; the guard judges each.
import { compareLevels, worst } from '../../risk/decide.ts'
import type { RiskVerdict, Shell } from '../../risk/index.ts'
import type { Examples } from '../examples/index.ts'
import type { Knowledge } from '../knowledge.ts'
import { PLACEHOLDERS } from '../model/prompt.ts'
import { type Answer, type Candidate, NO_ANSWER, type Proposal } from '../types.ts'
import { isDestroying, withoutEmptying } from './acts.ts'
import { compose } from './compose.ts'
import { unfilled } from './fill.ts'
import { type Index, isOf } from './index.ts'
import { describedOf, examplesOf } from './of-tools.ts'
import { leavesOut, type OwnCommand, ownCandidates } from './own-history.ts'
import { FEATURES, type Ranked, rank, shownWording, verbsOf } from './rank.ts'
import { MOST_READ, type Request, readRequest } from './read.ts'
import { ANSWER } from './weights.ts'

export interface AskOptions {
  readonly shell: Shell
  readonly judge: (command: string) => RiskVerdict
  readonly knowledge: Knowledge
  /** Commands that the person ran, newest first; empty if no daemon is there to tell. */
  readonly own?: readonly OwnCommand[]
  readonly cwd?: string | undefined
  /** tldr pages of this machine, for requests that name a tool. */
  readonly examples?: Examples
  /** The model's command, already checked for its form but not judged. */
  readonly model?: { readonly name: string; readonly command: string }
  readonly notes?: readonly string[]
}

/** Commands of a choice, beside an answer, and nearest to a request that has none. */
const MOST_CHOICES = 3
/** The least chance of a command in a choice, and that any that Karo knows is right. */
const CHOICE = 0.04
const CHOICES = 0.65
/** The least chance of the best of a tool's commands, of which many share words with a request that says more than any of them. */
const OF_TOOL = 0.2
/** How far an answer that explains every word is above the next one. */
const AHEAD = 2
/** The same of one that destroys nothing, changes not many things at once, and is likely: the next one stands beside it, and often does the same. */
const CLOSE = 0.6
const LIKELY = 0.5
/** The least chance of a command that stands beside an answer. */
const BESIDE = 0.05
/** Entries that a model is told. */
const MOST_TOLD = 8
/** How much the least of them says of the request, and the request of it. */
const NEAR = 0.75
/** The same where the request is about Karo. */
const NEAR_KARO = 0.4
const [BOTH, OTHER_VERB] = [FEATURES.indexOf('both'), FEATURES.indexOf('otherVerb')]

/**
 * Finds an answer; the same request always gives the same, and nothing is run. `confidence` is `sure` for an answer, and
 * `perhaps` for a choice of two or three, of which `command` is the first.
 */
export function findCommand(text: string, options: AskOptions): Answer {
  const { judge, model } = options
  const isLong = text.length > MOST_READ
  const notes = [
    ...(options.notes ?? []),
    ...(isLong
      ? [`Only the first ${MOST_READ.toLocaleString('en')} characters of the request were read.`]
      : []),
  ]
  const index = options.knowledge.ask()
  // A tool that only a page or the descriptions of options know.
  const first = /^\s*([\w.+-]+):? \S/.exec(text)?.[1]?.toLowerCase() ?? ''
  const isPaged = !index.isTool(first) && options.examples?.page(first) !== undefined
  const request = readRequest(text, index, isPaged ? first : undefined)
  let found = offline(request, options)
  // Where nothing is sure, and what is nearest is Karo's own, the request is about Karo. That it names Karo alone makes no answer likely.
  if (found.candidates.length === 0 && (found.isNearKaro || /\bkaro\b/i.test(text))) {
    const { candidates, nearest } = offline(readRequest(text, index, 'karo'), options)
    found = { candidates: found.isNearKaro ? candidates : [], nearest }
  }
  const known = found.candidates.map((candidate) => judged(candidate, judge))
  // What the guard asks about is nothing to show to somebody who may not want it.
  const near = found.nearest
    .map((candidate) => judged(candidate, judge))
    .filter(({ decision }) => decision === 'allow')
    .slice(0, MOST_CHOICES)
  if (model === undefined) return answerOf(known, notes, near)
  const own = judged(ofModel(model), judge)
  const others = known.filter(({ command }) => command !== own.command).slice(0, MOST_CHOICES)
  const against = objection(request, own, known[0], index)
  if (against === undefined) return answerOf([own, ...others], notes)
  const said = [...notes, `The model's command ${against}`]
  return others.length > 0
    ? answerOf([...others, own], said)
    : { ...answerOf([], said, near), alternatives: [own] }
}

/** What is told a model beside the request: the entries that fit best, with what they do. */
export function nearestEntries(
  text: string,
  knowledge: Knowledge,
): readonly { does: string; command: string }[] {
  const index = knowledge.ask()
  return rank(readRequest(text, index), index)
    .slice(0, MOST_TOLD)
    .map(({ known, command }) => ({ does: shownWording(known), command }))
}

function offline(
  request: Request,
  options: AskOptions,
): { candidates: readonly Candidate[]; nearest: readonly Candidate[]; isNearKaro?: boolean } {
  const { shell, knowledge, own = [], cwd, examples } = options
  const index = knowledge.ask()
  const extra =
    request.tool === undefined
      ? []
      : [...examplesOf(request.tool, examples), ...describedOf(request.tool, knowledge, request.concepts)]
  if (request.isQuestion) return { candidates: [], nearest: [] }
  const { asksWhy } = request
  const ranked = rank(request, index, extra).filter((one) => mayOffer(request, one, shell))
  const composed = asksWhy ? undefined : compose(request)
  const before = ownCandidates(request.text, asksWhy ? [] : own, cwd, { knowledge, index })
  const first = composed === undefined || !isFor(shell, composed.command) ? [] : [ofComposed(composed)]
  const [best] = ranked
  // Words that an entry has just so mean that entry.
  const isExact = best?.isSame === true && isSure(best, ranked[1])
  const found = [
    ...(isExact ? [] : first),
    ...before.filter(({ confidence }) => confidence === 'sure'),
    ...(best !== undefined && isSure(best, ranked[1]) ? [ofKnown(best, 'sure')] : []),
  ]
  const [answer] = found
  if (answer !== undefined) {
    const beside = [
      ...found.slice(1),
      ...ranked
        // Beside a whole command one with something to fill in is of no use.
        .filter(
          ({ chance, destroys, missing }) =>
            chance >= BESIDE && !destroys && missing.length <= answer.placeholders.length,
        )
        .map((one) => ofKnown(one)),
    ]
    return { candidates: distinct([answer, ...beside]).slice(0, MOST_CHOICES), nearest: [] }
  }
  const sum = ranked.reduce((total, { chance }) => total + chance, 0)
  const isLikely =
    request.tool === undefined || best?.isWhole === true ? sum >= CHOICES : (best?.chance ?? 0) >= OF_TOOL
  const choices = ranked.filter(({ chance }) => chance >= CHOICE).slice(0, MOST_CHOICES)
  const offered = distinct([...before, ...(isLikely ? choices.map((one) => ofKnown(one)) : [])])
  return {
    candidates: offered.slice(0, MOST_CHOICES),
    isNearKaro: request.tool === undefined && best !== undefined && isOf(best.known, 'karo'),
    nearest:
      offered.length > 0 || request.destroys
        ? []
        : distinct(
            ranked
              .filter(
                ({ destroys, features, changes }) =>
                  !destroys &&
                  features[BOTH]! >= (request.tool === 'karo' ? NEAR_KARO : NEAR) &&
                  features[OTHER_VERB] === 0 &&
                  // What changes something is for who says what to do.
                  (verbsOf(request).length > 0 || !changes),
              )
              // As Karo knows it: what of the request belongs into its slots is not sure.
              .map((one) => ofKnown({ ...one, ...unfilled(one.known.command) })),
          ),
  }
}

function isSure(best: Ranked, next: Ranked | undefined): boolean {
  const ahead = best.score - (next?.score ?? 0)
  if (best.chance >= ANSWER || (best.isWhole && best.score > 0.5 && ahead >= AHEAD)) return true
  const isBroad = best.changes && /\bxargs\b|-exec\b|\bfor \w+ in\b/.test(best.command)
  return best.isWhole && !best.destroys && !isBroad && best.chance >= LIKELY && ahead >= CLOSE
}

const distinct = (all: readonly Candidate[]): readonly Candidate[] =>
  all.filter(({ command }, i) => all.findIndex((one) => one.command === command) === i)

const ofKnown = (
  { known, command, missing, destroys }: Ranked,
  confidence: Candidate['confidence'] = 'perhaps',
): Candidate => ({
  command,
  source: known.source,
  does: shownWording(known),
  placeholders: missing,
  destroys,
  confidence,
})

const ofComposed = ({ command, destroys }: { command: string; destroys: boolean }): Candidate => ({
  command,
  source: 'grammar',
  does: null,
  placeholders: [],
  destroys,
  confidence: 'sure',
})

/** Syntax that sh lacks. */
const NOT_IN_SH = /[<>]\(|<<<|&>|\[\[ |(?<=^|[\s=])\$'|^(?:shopt|pushd|dirs|source|history)\b/
/** Syntax and builtins of other shells that fish lacks. */
const NOT_IN_FISH = /[<>]\(|<<|^\w+=|\$\{|\$\$|\$0|^(?:shopt|unset|unalias|set -[ex])\b/

const isFor = (shell: Shell, command: string): boolean =>
  !(shell === 'sh' ? NOT_IN_SH : shell === 'fish' ? NOT_IN_FISH : /$^/).test(command)

/** A root, a home, this directory or every name. Whoever means all of it writes that themselves. */
const WHOLE = /(?:^|\s)(?:[/~]|\.{1,2}|\*|\/+\*|~\/\*?|\.\/\*?)(?=\s|$)/

/** The root and all that is in it. */
const ROOT = /^(?:sudo )?(?:mv|cp|ln|chmod|chown|chgrp)\b.*\s\/\*?(?:\s|$)/
/** Commands that change what runs or who may do what, in a way that nobody wants for everything. */
const ENDS = /\b(?:stop|restart|down|chmod|chown|remove)\b/
/** Words of somebody who wants to lose the changes of a commit, too. */
const LOSES = /\b(?:hard|discard|throw|complete|entire|los|delet|drop|wip|forget|away|reset|eras)/i
/** Words of somebody who names nothing. */
const EVERYTHING = /\b(?:everything|anything|it all|all my|all of (?:it|them))\b/i

const mayOffer = (
  { text, tokens }: Request,
  { command, destroys, changes, missing }: Ranked,
  shell: Shell,
): boolean =>
  isFor(shell, command) &&
  !(destroys && WHOLE.test(command)) &&
  !(changes && ROOT.test(command)) &&
  !(
    (destroys || ENDS.test(command)) &&
    EVERYTHING.test(text) &&
    !tokens.some(({ entity }) => entity !== undefined && entity.kind !== 'number' && entity.kind !== 'mode')
  ) &&
  !(destroys && missing.length > 0 && /\ball\b|\bevery\b/i.test(text)) &&
  !(/--hard\b/.test(command) && !LOSES.test(text)) &&
  withoutEmptying(command) === command &&
  !isTurned(text, command)

/** Whether a copy runs the wrong way: from what the request names behind "to". */
function isTurned(text: string, command: string): boolean {
  const [, from = '', to = ''] = /^(?:scp|rsync|cp|mv)(?: -\S+)* (\S+) (\S+)$/.exec(command) ?? []
  const end = from === '' ? -1 : text.indexOf(` to ${from}`)
  return end >= 0 && text.slice(0, end).includes(to)
}

const ofModel = ({ name, command }: NonNullable<AskOptions['model']>): Candidate => ({
  command,
  source: `model ${name}`,
  does: null,
  placeholders: PLACEHOLDERS.filter(
    // A name that the command itself sets or reads as a variable is no placeholder.
    (one) => new RegExp(`\\b${one}\\b`).test(command) && !new RegExp(`\\$\\{?${one}\\b`).test(command),
  ),
  destroys: isDestroying(command),
  confidence: 'perhaps',
})

/** Why the model's command is not the answer, as the end of a sentence about it; undefined if nothing speaks against it. */
function objection(
  request: Request,
  own: Proposal,
  best: Proposal | undefined,
  index: Index,
): string | undefined {
  if (own.decision === 'block') return `is blocked: ${own.reasons.join(' ') || 'it is too long'}`
  // Karo knows the same command, and one that destroys only for requests that ask for it.
  if (best?.command === own.command) return undefined
  const mayDestroy = request.destroys && (best === undefined || isDestroying(best.command))
  if (!mayDestroy && isDestroying(own.command))
    return 'deletes, ends or overwrites something, and the request does not ask for that.'
  if (isDestroying(own.command) && !leavesOut(request.text, own.command))
    return 'may delete, end or overwrite more than the request asks for.'
  if (request.looks && index.changes(own.command))
    return 'changes something, and the request only asks to see something.'
  if (compareLevels(own.risk_level, best?.risk_level ?? 'moderate') <= 0) return undefined
  const why = own.reasons.join(' ')
  return best === undefined ? `is risky: ${why}` : `is riskier than the command that Karo knows: ${why}`
}

function judged(
  { command, source, does, placeholders, destroys, confidence }: Candidate,
  judge: AskOptions['judge'],
): Proposal {
  const asWritten = judge(command)
  const verdict =
    placeholders.length === 0 ? asWritten : riskier(asWritten, judge(unknowns(command, placeholders)))
  const { risk_level, decision, matches } = verdict
  const reasons = [...new Set(matches.map(({ why }) => why))]
  const open = placeholders.length > 0 && (destroys || verdict !== asWritten)
  return {
    command,
    source,
    does,
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

function answerOf(
  proposals: readonly Proposal[],
  notes: readonly string[],
  nearest: readonly Proposal[] = [],
): Answer {
  const [first, ...alternatives] = proposals
  return { ...(first ?? NO_ANSWER), alternatives, nearest, notes }
}
