// A part of a view: its title, and what it shows while it loads, when there is nothing, when it failed, or when it may not.
import type { ComponentChildren } from 'preact'
import { useId, useState } from 'preact/hooks'
import { type Problem, printable } from '../../api/contract/client/page.ts'
import { type Asked, isLocked, noted } from '../state/index.ts'
import { Foreign } from './words.tsx'

interface PanelProps {
  readonly title: string
  /** One quiet line below the title. */
  readonly note?: ComponentChildren
  readonly actions?: ComponentChildren
  readonly wide?: boolean
  readonly children: ComponentChildren
}

export function Panel({ title, note, actions, wide, children }: PanelProps) {
  const id = useId()
  return (
    <section class={wide ? 'panel wide' : 'panel'} aria-labelledby={id} tabIndex={-1}>
      <header>
        <h2 id={id}>
          <Foreign text={title} />
        </h2>
        {actions !== undefined && <div class="actions">{actions}</div>}
        {note !== undefined && <p class="quiet">{note}</p>}
      </header>
      {children}
    </section>
  )
}

/** Panels that stay together: beside the next ones where the window is wide enough for two columns, above them elsewhere. */
export const Group = ({ children }: { readonly children: ComponentChildren }) => (
  <div class="panels">{children}</div>
)

interface TroubleProps {
  readonly problem: Problem
  readonly again?: () => void
  /** The person wanted to change something, not to see it. */
  readonly isAction?: boolean
}

/** Says what is wrong and what to do about it. A refusal is a plain sentence, not an alarm. */
export const Trouble = ({ problem, again, isAction = false }: TroubleProps) => (
  <div class={problem.code === 'refused' ? 'note' : 'note bad'} role="status">
    <p>
      {problem.code === 'refused' && `You may not ${isAction ? 'do' : 'see'} this: `}
      {printable(problem.message).replace(/\.$/, '')}.
    </p>
    {problem.hint !== undefined && <p class="quiet">{printable(problem.hint)}</p>}
    {problem.code !== 'refused' && again !== undefined && (
      <button
        type="button"
        onClick={({ currentTarget }) => {
          // The button goes with the problem, so the next Tab goes on from the panel.
          currentTarget.closest<HTMLElement>('.panel')?.focus({ preventScroll: true })
          again()
        }}
      >
        Try again
      </button>
    )}
  </div>
)

interface ShownProps<T> {
  readonly asked: Asked<T>
  /** What is said where there is nothing to show; false: there is something. */
  readonly empty?: (data: T) => ComponentChildren
  readonly children: (data: T) => ComponentChildren
}

/** The answer once it is there. An older answer stays below the problem of a newer request. */
export function Shown<T>({ asked, empty, children }: ShownProps<T>) {
  const { data, problem, again } = asked
  if (data === undefined) {
    return problem === undefined ? <Loading /> : <Trouble problem={problem} again={again} />
  }
  const nothing = empty?.(data)
  return (
    <>
      {problem !== undefined && <Trouble problem={problem} again={again} />}
      {nothing ? <div class="empty">{nothing}</div> : children(data)}
    </>
  )
}

/** Stands where something will be shown soon. */
export const Loading = () => (
  <div class="loading" role="status">
    <span class="hidden">Loading</span>
    <div class="bone" />
    <div class="bone" />
    <div class="bone" />
  </div>
)

interface ActProps {
  /** What is done; its problem is shown beside the button. */
  readonly run: () => Promise<unknown>
  readonly kind?: 'main' | 'danger'
  /** For what cannot be undone from here: the button asks so, and a second press does it. */
  readonly confirm?: string
  /** Why it cannot be pressed now; undefined: it can. */
  readonly locked?: string | undefined
  /** What the button is called where its words alone do not tell it from others. */
  readonly label?: string
  readonly children: ComponentChildren
}

/** A second press that comes sooner belongs to the first one, a double click for example: it confirms nothing. */
const CONFIRM_AFTER_MS = 600

/**
 * A button that changes something. It is locked while what is shown may not be so any more. While it works it takes no press,
 * and keeps the focus, which a browser takes from a button that is disabled.
 */
export function Act({ run, kind, confirm, locked, label, children }: ActProps) {
  /** When it asked for the second press, on the clock of events. */
  const [asks, setAsks] = useState<number>()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const why = isLocked.value ? 'Locked: the daemon does not answer' : locked
  const press = ({ detail, timeStamp }: MouseEvent): void => {
    if (busy) return
    if (confirm === undefined) void start()
    else if (!asks) setAsks(timeStamp)
    else if (detail <= 1 && timeStamp - asks >= CONFIRM_AFTER_MS) void start()
  }
  const start = async (): Promise<void> => {
    setAsks(undefined)
    setBusy(true)
    setProblem(undefined)
    try {
      await run()
    } catch (error) {
      setProblem(noted(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <button
        type="button"
        class={kind}
        disabled={why !== undefined}
        aria-disabled={busy}
        title={why}
        aria-label={asks ? undefined : label}
        onClick={press}
        // A key that is held down presses the button again and again.
        onKeyDown={(event) => event.repeat && event.preventDefault()}
        onBlur={() => setAsks(undefined)}
      >
        {asks ? confirm : children}
      </button>
      {problem !== undefined && <Trouble problem={problem} isAction />}
    </>
  )
}

/** A command to run in a terminal, with a button that copies it. */
export function Command({ text }: { readonly text: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
      setTimeout(() => setCopied(false), 2_000)
    } catch {
      // The browser does not allow it; the text can be selected.
    }
  }
  return (
    <span class="command">
      <code>{text}</code>
      <button type="button" class="small" aria-label={`Copy ${text}`} onClick={() => void copy()}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </span>
  )
}
