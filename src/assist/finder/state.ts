// The finder as a state machine: what each key and each answer change, and what the caller then does.
import type { Key, KeyName } from './keys.ts'

/** Which commands are searched, in the order in which Ctrl-R steps through them. */
const MODES = ['all', 'here', 'workspace', 'failed'] as const
export type Mode = (typeof MODES)[number]

/** A command in the list. */
export interface Found {
  readonly id: string
  readonly command: string
  readonly cwd: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly exit_code: number | null
  readonly duration_ms: number | null
  readonly risk_level: 'safe' | 'moderate' | 'high' | 'critical'
  readonly uses: number
  readonly failures: number
}

export interface FinderState {
  readonly question: string
  /** Index of the UTF-16 unit of the question that follows the cursor. */
  readonly cursor: number
  readonly mode: Mode
  /** Whether the directory is in a git workspace. */
  readonly workspace: boolean
  readonly found: readonly Found[]
  readonly total: number
  /** False while more answers to the same question may follow. */
  readonly complete: boolean
  readonly selected: number
  readonly overlay: 'none' | 'help' | 'remove'
  /** The command that the person is asked to remove; kept, because the list may change meanwhile. */
  readonly removing: Found | undefined
  /** True while the list answers an earlier question. */
  readonly stale: boolean
  /** Enter was pressed while the list was stale: the best command of the next answer is taken. */
  readonly taking: boolean
  /** A message that is shown until the next key. */
  readonly notice: string | undefined
  /** True until the first answer arrives. */
  readonly empty: boolean
}

/** An action for the caller. */
export type Effect =
  | { readonly kind: 'ask' }
  | { readonly kind: 'take'; readonly command: string }
  | { readonly kind: 'leave' }
  | { readonly kind: 'remove'; readonly found: Found }
  | { readonly kind: 'redraw' }

/** UTF-16 units of a question; a longer one is not asked. */
const QUESTION_MOST = 1000

export const initialState = (question: string, mode: Mode, workspace = false): FinderState => {
  const first = question.replaceAll(/\p{Cc}+/gu, ' ').slice(0, QUESTION_MOST)
  return {
    ...{
      question: first,
      cursor: first.length,
      mode,
      workspace,
      found: [],
      total: 0,
      complete: false,
      selected: 0,
    },
    ...{ overlay: 'none', removing: undefined, notice: undefined, empty: true, stale: true, taking: false },
  }
}

export interface Step {
  readonly state: FinderState
  readonly effect?: Effect
}

/** The state after a key. `page` is the number of commands that fit on the screen. */
export function onKey(before: FinderState, key: Key, page: number): Step {
  const state = { ...before, notice: undefined, taking: false }
  if (state.overlay === 'help') return { state: { ...state, overlay: 'none' } }
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
    return found === undefined ? { state } : { state, effect: { kind: 'take', command: found.command } }
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
  enter: taken,
  tab: taken,
  escape: (state) => ({ state, effect: { kind: 'leave' } }),
  up: (state) => moveTo(state, state.selected - 1),
  down: (state) => moveTo(state, state.selected + 1),
  'page-up': (state, page) => moveTo(state, state.selected - page),
  'page-down': (state, page) => moveTo(state, state.selected + page),
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
    const modes: readonly Mode[] = state.workspace ? MODES : MODES.filter((one) => one !== 'workspace')
    const mode = modes[(modes.indexOf(state.mode) + 1) % modes.length]!
    return { state: { ...state, mode, selected: 0, stale: true }, effect: { kind: 'ask' } }
  },
  remove(state) {
    const removing = state.stale ? undefined : state.found[state.selected]
    return { state: { ...state, removing, overlay: removing === undefined ? 'none' : 'remove' } }
  },
  help: (state) => ({ state: { ...state, overlay: 'help' } }),
  redraw: (state) => ({ state, effect: { kind: 'redraw' } }),
}

function taken(state: FinderState): Step {
  if (state.stale) return { state: { ...state, taking: true } }
  const found = state.found[state.selected]
  return { state, effect: found ? { kind: 'take', command: found.command } : { kind: 'leave' } }
}

function edited(state: FinderState, from: number, to: number, text: string): Step {
  if (from === to && text === '') return { state }
  const question = state.question.slice(0, from) + text + state.question.slice(to)
  if (question.length > QUESTION_MOST) return { state: { ...state, notice: 'This question is too long.' } }
  const after = { ...state, question, cursor: from + text.length, selected: 0, stale: true }
  return { state: after, effect: { kind: 'ask' } }
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
 * The state after an answer. The selection stays on the same command if the person chose it or is about to remove it.
 */
export function onAnswer(
  state: FinderState,
  answer: Pick<FinderState, 'found' | 'total' | 'complete'>,
): Step {
  const isMeant = state.selected > 0 || state.removing !== undefined
  const chosen = isMeant ? state.found[state.selected]?.command : undefined
  const again = answer.found.findIndex(({ command }) => command === chosen)
  const last = Math.max(0, answer.found.length - 1)
  const selected = again >= 0 ? again : Math.min(state.selected, last)
  const after = { ...state, ...answer, selected, empty: false, stale: false }
  return state.taking ? taken({ ...after, taking: false }) : { state: after }
}
