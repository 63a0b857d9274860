// karo history --interactive: asks the daemon as one types, and resolves with the command that was chosen.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { getInspectedCommand, getRankedCommands } from '../../api/contract/operations/history.ts'
import type { EventShape } from '../../api/contract/shapes.ts'
import {
  createKeyReader,
  type Effect,
  type FinderState,
  type FinderTerms,
  type Found,
  type Inspected,
  initialState,
  type Key,
  type Mode,
  onAnswer,
  onKey,
  type Step,
} from '../../assist/finder/index.ts'
import { removeCommands } from '../history/delete.ts'
import type { Filters } from '../history/filters.ts'
import { type CommandIo, ERROR_CODES, KaroError } from '../kit.ts'
import { type FinderTerminal, openFinderTerminal } from './terminal.ts'
import { drawFinder, listRows } from './view.ts'

/** Undefined outside of any workspace. `directory` is absolute. */
export function workspaceOf(directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at
    if (at === dirname(at)) return undefined
  }
}

/** NaN of a command that was imported without a time: its timestamp only gives the order. */
const timeOf = ({ timestamp, untimed }: Pick<EventShape, 'timestamp' | 'untimed'>): number =>
  untimed ? Number.NaN : Date.parse(timestamp)

/** What a ranking knows of the filters of a search: its words are in the question. */
export type Ranking = Partial<Omit<Filters, 'word' | 'without'>>

export interface FinderOptions {
  /** What is typed already. */
  readonly question: string
  readonly mode: Mode
  /** The person's directory; absolute. Undefined where it was deleted. */
  readonly here: string | undefined
  /** What narrows every question down. */
  readonly filters: Ranking
  /** The id of the shell session that asks, as its hook writes it; undefined where it is not known. */
  readonly session: string | undefined
  /** Rows below the prompt; 0: the whole screen. */
  readonly height: number
  readonly terms: Pick<FinderTerms, 'isUpward' | 'enterRuns'>
}

/** The command that was chosen, and whether it is to run at once. */
export interface Picked {
  readonly command: string
  readonly run: boolean
}

/** More than anybody scrolls through. */
const ASKED = 200
/** An ESC that nothing follows within so long is one. */
const ESCAPE_MS = 40
/** Asked again so soon while the daemon still looks through older commands, or after it did not answer. */
const AGAIN_MS = 250

/** Whether an error may pass by itself within a moment. A refusal, for example, stays until the person types something else. */
export const passes = (error: unknown): boolean =>
  !(error instanceof KaroError) || ERROR_CODES[error.code].http >= 503

/**
 * Resolves with the command; undefined when the person left. Errors: `unavailable` without a terminal, whatever the daemon
 * told when the first question was asked, `unavailable` when a signal ended it.
 */
export async function runFinder(io: CommandIo, options: FinderOptions): Promise<Picked | undefined> {
  const { here, filters, session } = options
  const workspace = here && workspaceOf(here)
  const done = Promise.withResolvers<Picked | undefined>()
  const keys = createKeyReader()
  let state = initialState(options.question, options.mode, {
    ...options.terms,
    without: [
      ...(session === undefined ? (['session'] as const) : []),
      ...(workspace === undefined ? (['workspace'] as const) : []),
    ],
  })
  let terminal: FinderTerminal | undefined
  let escaping: NodeJS.Timeout | undefined
  let again: NodeJS.Timeout | undefined
  let asking = false
  let due = false
  let trouble: string | undefined
  let isOver = false

  function draw(): void {
    if (terminal === undefined || isOver) return
    const colour = !io.env.NO_COLOR
    terminal.draw(drawFinder(state, { ...terminal.size(), colour, now: Date.now(), home: io.env.HOME }))
  }

  /** One question at a time; what is typed meanwhile is asked next, and answers to what is not asked any more are dropped. */
  async function ask(): Promise<void> {
    clearTimeout(again)
    if (asking) {
      due = true
      return
    }
    asking = true
    try {
      do {
        due = false
        const { question, mode, match } = state
        const answer = await search(state)
        const isSame = question === state.question && mode === state.mode && match === state.match
        if (isOver || !isSame) continue
        if (state.notice === trouble) state = { ...state, notice: undefined }
        act(onAnswer(state, answer))
        draw()
      } while (due && !isOver)
    } catch (error) {
      if (state.empty) return done.reject(error)
      const reason = error instanceof KaroError ? error.message : 'the daemon did not answer'
      trouble = `${reason}; Esc leaves`
      state = { ...state, notice: trouble, complete: !passes(error), taking: false }
      draw()
    }
    asking = false
    if (!state.complete && !isOver) again = setTimeout(() => void ask(), AGAIN_MS)
  }

  async function search({
    question,
    mode,
    match,
  }: FinderState): Promise<Pick<FinderState, 'found' | 'total' | 'complete'>> {
    if (mode === 'here' && here === undefined) return { found: [], total: 0, complete: true }
    const query = {
      ...filters,
      q: question,
      match,
      here,
      limit: ASKED,
      ...(mode === 'host' && { imported: false }),
      ...(mode === 'session' && { session }),
      ...(mode === 'here' && { cwd: here }),
      ...(mode === 'workspace' && { cwd: workspace }),
      ...(mode === 'failed' && { failed: true }),
    }
    const ranked = await io.call(getRankedCommands, { query })
    const found = ranked.commands.map((one): Found => ({ ...one, at: timeOf(one) }))
    return { found, total: ranked.total, complete: ranked.complete }
  }

  async function remove(found: Found): Promise<void> {
    state = { ...state, notice: 'Deleting …' }
    draw()
    try {
      const { events } = await removeCommands(io, { command: found.command })
      state = {
        ...state,
        notice: `Deleted: ${events === 1 ? 'one use' : `${events} uses`}. Your shell's own history still has it.`,
      }
    } catch (error) {
      state = { ...state, notice: error instanceof KaroError ? error.message : 'it could not be deleted' }
    }
    draw()
    const { notice } = state
    await ask()
    state = { ...state, notice }
    draw()
  }

  async function inspect({ id, command }: Found): Promise<void> {
    const isWaiting = (): boolean => !isOver && state.overlay === 'inspect' && state.inspected === undefined
    try {
      const found = await io.call(getInspectedCommand, { query: { id } })
      if (!isWaiting()) return
      const useOf = (use: (typeof found.recent)[number]) => ({ ...use, at: timeOf(use) })
      const inspected: Inspected = {
        ...found,
        command,
        // When what was imported without a time ran, nobody knows.
        first: found.untimed > 0 ? Number.NaN : Date.parse(found.first),
        recent: found.recent.map(useOf),
        before: found.before.map(useOf),
        after: found.after.map(useOf),
      }
      state = { ...state, inspected }
    } catch (error) {
      if (!isWaiting()) return
      const reason = error instanceof KaroError ? error.message : 'the daemon did not answer'
      state = { ...state, overlay: 'none', notice: reason }
    }
    draw()
  }

  const EFFECTS: { readonly [K in Effect['kind']]: (effect: Extract<Effect, { kind: K }>) => void } = {
    ask: () => void ask(),
    take: ({ command, run }) => done.resolve({ command, run }),
    leave: () => done.resolve(undefined),
    remove: ({ found }) => void remove(found),
    inspect: ({ found }) => void inspect(found),
    redraw: () => terminal?.forget(),
  }

  function act({ state: after, effect }: Step): void {
    state = after
    if (effect !== undefined) (EFFECTS[effect.kind] as (effect: Effect) => void)(effect)
  }

  function press(pressed: readonly Key[]): void {
    for (const key of pressed) {
      if (isOver) return
      act(onKey(state, key, listRows(terminal?.size() ?? { rows: 24 })))
    }
    draw()
  }

  try {
    terminal = openFinderTerminal(io.env, options.height, {
      onText(text) {
        clearTimeout(escaping)
        press(keys.push(text))
        if (keys.waiting()) escaping = setTimeout(() => press(keys.flush()), ESCAPE_MS)
      },
      onResize() {
        terminal?.forget()
        draw()
      },
      onEnd: (signal) =>
        done.reject(new KaroError('unavailable', signal ? `ended by ${signal}` : 'the terminal is gone')),
    })
    draw()
    void ask()
    return await done.promise
  } finally {
    isOver = true
    clearTimeout(escaping)
    clearTimeout(again)
    terminal?.close()
  }
}
