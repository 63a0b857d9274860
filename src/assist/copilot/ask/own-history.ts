// Finds own commands from the history that hold the words of a request; those run in the same directory come first.

import type { Knowledge } from '../knowledge.ts'
import type { Candidate } from '../types.ts'
import { isDestroying, wantsToDestroy } from './acts.ts'
import type { Index } from './index.ts'
import { concept, concepts, isStop, NOT, PREVIEW } from './language.ts'

/** A command from the history. */
export interface OwnCommand {
  readonly command: string
  readonly cwd: string
  readonly exit_code: number | null
  readonly risk_level: string
}

/** Least share of the request's weight that a command must hold. */
const LEAST_HELD = 0.75
/** Best score of an own command, below that of a recipe for exactly the request, so that the recipe comes first. */
const BEST = 0.9
const SAME_DIRECTORY = 0.06
const MOST_LENGTH = 400

/** Parts of a command that exclude something from what it does. */
const NEGATED =
  /(?:^|[\s(])(?:!|-not|-v|-x|-prune|--invert-match|--(?:exclude|ignore|no-)\S*)(?=[\s('"=]|$)|!=|!\(/

/** Whether a command names what a request leaves out, and has an option that excludes it. */
export function leavesOut(request: string, command: string): boolean {
  const said = concepts(request)
  const limits = said.flatMap((word, i) => (word === NOT || word === PREVIEW ? [said.slice(i + 1)] : []))
  if (limits.length === 0) return true
  const held = new Set(concepts(command.replace(/[^A-Za-z0-9]+/g, ' ')))
  return (
    !said.includes(PREVIEW) &&
    NEGATED.test(command) &&
    limits.every((things) => things.some((one) => held.has(one)))
  )
}

/** At most three commands that succeeded, best first. `cwd` is the person's directory. */
export function ownCandidates(
  request: string,
  own: readonly OwnCommand[],
  cwd: string | undefined,
  { knowledge, index }: { readonly knowledge: Knowledge; readonly index: Index },
): readonly Candidate[] {
  const asked = new Set(concepts(request))
  if (asked.size < 2) return []
  const destructive = wantsToDestroy(request)
  const all = [...asked].reduce((sum, word) => sum + index.weight(word), 0)
  const best = new Map<string, number>()
  for (const { command, cwd: where, exit_code, risk_level } of own) {
    if (exit_code !== 0 || command.length > MOST_LENGTH || /[\p{Cc}\p{Cf}]/u.test(command)) continue
    if (!destructive && (risk_level !== 'safe' || isDestroying(command))) continue
    // A `karo ask` line holds the words of a request, but does not answer it.
    if (/(?:^|[\s/;|&])karo(?:\.js)?(?:\s|$)/.test(command)) continue
    if (!leavesOut(request, command)) continue
    if (isDestroying(command) && !namesAll(request, command, knowledge)) continue
    const typed = new Set(wordsIn(command))
    const about = new Set(concepts(describedAs(command, knowledge)))
    const held = [...asked].filter((word) => typed.has(word) || about.has(word))
    if (held.length < 2 || !held.some((word) => typed.has(word))) continue
    const share = held.reduce((sum, word) => sum + index.weight(word), 0) / all
    if (share < LEAST_HELD) continue
    const score = BEST * share + (where === cwd ? SAME_DIRECTORY : 0)
    best.set(command, Math.max(score, best.get(command) ?? 0))
  }
  return [...best]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, 3)
    .map(([command, score]) => ({
      command,
      source: 'history',
      does: null,
      placeholders: [],
      destroys: isDestroying(command),
      confidence: score >= BEST ? 'sure' : 'perhaps',
    }))
}

/** Whether the request names all arguments of a command that destroys; subcommands and options do not count. */
function namesAll(request: string, command: string, knowledge: Knowledge): boolean {
  const said = new Set(request.toLowerCase().match(/[^\s"'`,;]+/g))
  const asked = new Set(concepts(request))
  return command.split(/[;&|()\n]+/).every((part) => {
    const words = part
      .replace(/["']/g, ' ')
      .trim()
      .split(/\s+/)
      .filter((word) => word !== 'sudo')
    const below = knowledge.command(words[0] ?? '')?.s ?? []
    return words.slice(1).every((word) => {
      if (/^-/.test(word) || below.some(([names]) => names.includes(word)) || isDestroying(word)) return true
      const bare = word.toLowerCase().replace(/\/+$/, '')
      const name = bare.replace(/^.*\//, '').replace(/(?<=.)\.\w+$/, '')
      return said.has(bare) || said.has(name) || (/^\w+$/.test(name) && asked.has(concept(name)))
    })
  })
}

const wordsIn = (command: string): string[] =>
  (command.toLowerCase().match(/[a-z0-9]+/g) ?? []).filter((word) => !isStop(word)).map(concept)

/** Descriptions of the command's tool and subcommand. */
function describedAs(command: string, knowledge: Knowledge): string {
  const [tool = '', sub = ''] = command.replace(/^sudo\s+/, '').split(/\s+/)
  const known = knowledge.command(tool)
  const below = known?.s?.find(([names]) => names.includes(sub))?.[1].d
  return [knowledge.own(tool)?.does ?? known?.d ?? '', below ?? ''].join(' ')
}
