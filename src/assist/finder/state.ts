// The finder as a state machine: what each key and each answer change, and what the caller then does.
import type { Key, KeyName } from './keys.ts'
import { MATCHES, type Match } from './match.ts'

/** Which commands are searched, in the order in which Ctrl-R steps through them. */
const MODES = ['all', 'host', 'session', 'here', 'workspace', 'failed'] as const
/** `all` has what imports brought, too; `host` is what was recorded on this machine. */
export type Mode = (typeof MODES)[number]

/** A command in the list. */
export interface Found {
  readonly id: string
  readonly command: string
  readonly cwd: string
  /** Milliseconds since the epoch; NaN of a command that was imported without a time. */
  readonly at: number
  readonly exit_code: number | null
  readonly duration_ms: number | null
  readonly risk_level: 'safe' | 'moderate' | 'high' | 'critical'
  readonly uses: number
  readonly failures: number
  /** Uses of which it is not known how they ended. */
  readonly unknown: number
}

/** What is known of one command: how its uses ended, and what ran around it in its shell session. */
export interface Inspected {
  readonly command: string
  /** Milliseconds since the epoch; NaN where it is not known. */
  readonly first: number
  readonly uses: number
  readonly failures: number
  /** Uses of which it is not known how they ended. */
  readonly unknown: number
  /** Milliseconds. */
  readonly took: { readonly least: number; readonly median: number; readonly most: number } | null
  /** The newest first. */
  readonly recent: readonly Use[]
  /** In the order of time. */
  readonly before: readonly Use[]
  readonly after: readonly Use[]
  /** False while older uses are still being loaded. */
  readonly complete: boolean
}

interface Use extends Pick<Found, 'command' | 'cwd' | 'at' | 'exit_code' | 'duration_ms'> {}

/** What the finder is opened for, and does not change. */
export interface FinderTerms {
  /** Scopes that cannot be chosen, because the session or the git workspace is not known. */
  readonly without: readonly Mode[]
  /** True where the best command is lowest, next to the question, as for the key Up. */
  readonly isUpward: boolean
  /** True where Enter runs the command, and Tab puts it on the line; false where both put it there. */
  readonly enterRuns: boolean
}

export interface FinderState extends FinderTerms {
  readonly question: string
  /** Index of the UTF-16 unit of the question that follows the cursor. */
  readonly cursor: number
  readonly mode: Mode
  readonly match: Match
  readonly found: readonly Found[]
  readonly total: number
  /** False while more answers to the same question may follow. */
  readonly complete: boolean
  readonly selected: number
  readonly overlay: 'none' | 'help' | 'remove' | 'inspect'
  /** The command that the person is asked to remove; kept, because the list may change meanwhile. */
  readonly removing: Found | undefined
  /** The command that is looked at closely; kept, because the list may change meanwhile. */
  readonly inspecting: Found | undefined
  /** What is known of it; undefined until the answer is there. */
  readonly inspected: Inspected | undefined
  /** True while the list answers an earlier question. */
  readonly stale: boolean
  /** Enter was pressed while the list was stale: the best command of the next answer is taken. */
  readonly taking: false | 'edit' | 'run'
  /** A message that is shown until the next key. */
  readonly notice: string | undefined
  /** True until the first answer arrives. */
  readonly empty: boolean
}

/** An action for the caller. */
export type Effect =
  | { readonly kind: 'ask' }
  | { readonly kind: 'take'; readonly command: string; readonly run: boolean }
  | { readonly kind: 'leave' }
  | { readonly kind: 'remove'; readonly found: Found }
  | { readonly kind: 'inspect'; readonly found: Found }
  | { readonly kind: 'redraw' }

/** UTF-16 units of a question; a longer one is not asked. */
const QUESTION_MOST = 1000

export const initialState = (question: string, mode: Mode, terms: FinderTerms): FinderState => {
  const first = question.replaceAll(/\p{Cc}+/gu, ' ').slice(0, QUESTION_MOST)
  return {
    question: first,
    cursor: first.length,
    mode,
    match: 'fuzzy',
    found: [],
    total: 0,
    complete: false,
    selected: 0,
    overlay: 'none',
    removing: undefined,
    inspecting: undefined,
    inspected: undefined,
    notice: undefined,
    empty: true,
    stale: true,
    taking: false,
    ...terms,
  }
}

export interface Step {
  readonly state: FinderState
  readonly effect?: Effect
}

/** The state after a key. `page` is the number of commands that fit on the screen. */
export function onKey(before: FinderState, key: Key, page: number): Step {
  const state: FinderState = { ...before, notice: undefined, taking: false }
  if (state.overlay === 'help') return { state: { ...state, overlay: 'none' } }
  if (state.overlay === 'inspect') {
    const { inspecting } = state
    const closed: FinderState = { ...state, overlay: 'none', inspecting: undefined, inspected: undefined }
    const isTaken = 'name' in key && (key.name === 'enter' || key.name === 'tab')
    return isTaken && inspecting !== undefined
      ? { state: closed, effect: takes(inspecting, key.name === 'enter' && state.enterRuns) }
      : { state: closed }
  }
  if (state.overlay === 'remove') {
    const isYes = 'text' in key && /^[yY]$/.test(key.text)
    const { removing } = state
    const after: FinderState = { ...state, overlay: 'none', removing: undefined }
    return isYes && removing !== undefined
      ? { state: after, effect: { kind: 'remove', found: removing } }
      : { state: after }
  }
  if ('pick' in key) {
    // A list that answers an earlier question is not what the person meant to choose from.
    const found = state.stale ? undefined : state.found[key.pick - 1]
    return found === undefined ? { state } : { state, effect: takes(found, false) }
  }
  if ('text' in key) {
    if (key.text === '?' && state.question === '') return { state: { ...state, overlay: 'help' } }
    return edited(state, state.cursor, state.cursor, key.text)
  }
  return ON_KEY[key.name](state, page)
}

const moveTo = (state: FinderState, selected: number): Step => ({
  state: { ...state, selected: Math.max(0, Math.min(selected, state.found.length - 1)) },
})

const ON_KEY: Readonly<Record<KeyName, (state: FinderState, page: number) => Step>> = {
  enter: (state) => taken(state, state.enterRuns),
  tab: (state) => taken(state, false),
  escape: (state) => ({ state, effect: { kind: 'leave' } }),
  up: (state) => moveTo(state, state.selected + upward(state)),
  down: (state) => moveTo(state, state.selected - upward(state)),
  'page-up': (state, page) => moveTo(state, state.selected + page * upward(state)),
  'page-down': (state, page) => moveTo(state, state.selected - page * upward(state)),
  left: (state) => ({ state: { ...state, cursor: before(state.question, state.cursor) } }),
  right: (state) => ({ state: { ...state, cursor: behind(state.question, state.cursor) } }),
  home: (state) => ({ state: { ...state, cursor: 0 } }),
  end: (state) => ({ state: { ...state, cursor: state.question.length } }),
  backspace: (state) => edited(state, before(state.question, state.cursor), state.cursor, ''),
  delete: (state) => edited(state, state.cursor, behind(state.question, state.cursor), ''),
  'delete-word'(state) {
    const [word = ''] = /\S*\s*$/.exec(state.question.slice(0, state.cursor)) ?? []
    return edited(state, state.cursor - word.length, state.cursor, '')
  },
  'delete-line': (state) => edited(state, 0, state.cursor, ''),
  mode(state) {
    const modes = MODES.filter((one) => !state.without.includes(one))
    return asked({ ...state, mode: next(modes, state.mode) })
  },
  match: (state) => asked({ ...state, match: next(MATCHES, state.match) }),
  inspect(state) {
    const found = state.stale ? undefined : state.found[state.selected]
    return found === undefined
      ? { state }
      : {
          state: { ...state, overlay: 'inspect', inspecting: found, inspected: undefined },
          effect: { kind: 'inspect', found },
        }
  },
  remove(state) {
    const removing = state.stale ? undefined : state.found[state.selected]
    return { state: { ...state, removing, overlay: removing === undefined ? 'none' : 'remove' } }
  },
  help: (state) => ({ state: { ...state, overlay: 'help' } }),
  redraw: (state) => ({ state, effect: { kind: 'redraw' } }),
}

/** What Up adds to the selected index. */
const upward = ({ isUpward }: FinderState): number => (isUpward ? 1 : -1)

const next = <T>(all: readonly T[], one: T): T => all[(all.indexOf(one) + 1) % all.length]!

const asked = (state: FinderState): Step => ({
  state: { ...state, selected: 0, stale: true },
  effect: { kind: 'ask' },
})

const takes = ({ command }: Found, run: boolean): Effect => ({ kind: 'take', command, run })

function taken(state: FinderState, run: boolean): Step {
  if (state.stale) return { state: { ...state, taking: run ? 'run' : 'edit' } }
  const found = state.found[state.selected]
  return { state, effect: found ? takes(found, run) : { kind: 'leave' } }
}

function edited(state: FinderState, from: number, to: number, text: string): Step {
  if (from === to && text === '') return { state }
  const question = state.question.slice(0, from) + text + state.question.slice(to)
  if (question.length > QUESTION_MOST) return { state: { ...state, notice: 'This question is too long.' } }
  return asked({ ...state, question, cursor: from + text.length })
}

let segmenter: Intl.Segmenter | undefined
/** Made when first used: it takes 0.02 s, and the daemon, which only ranks what is found, has no use for it. */
function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  return segmenter.segment(text)
}

/** Bounds of what a person sees as one character, before and behind the index. */
function before(text: string, at: number): number {
  return at === 0 ? 0 : (graphemesOf(text).containing(at - 1)?.index ?? 0)
}
function behind(text: string, at: number): number {
  const one = graphemesOf(text).containing(at)
  return one === undefined ? text.length : one.index + one.segment.length
}

/**
 * The state after an answer. The selection stays on the same command if the person chose it, looks at it closely or is about to remove it.
 */
export function onAnswer(
  state: FinderState,
  answer: Pick<FinderState, 'found' | 'total' | 'complete'>,
): Step {
  const { removing, inspecting } = state
  const isMeant = state.selected > 0 || removing !== undefined || inspecting !== undefined
  const chosen = isMeant ? (inspecting ?? state.found[state.selected])?.command : undefined
  const again = answer.found.findIndex(({ command }) => command === chosen)
  const last = Math.max(0, answer.found.length - 1)
  const selected = again >= 0 ? again : Math.min(state.selected, last)
  const after = { ...state, ...answer, selected, empty: false, stale: false }
  return state.taking === false
    ? { state: after }
    : taken({ ...after, taking: false }, state.taking === 'run')
}
