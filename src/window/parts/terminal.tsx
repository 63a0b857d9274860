// A view of what a program wrote, as a terminal shows it but with every control character written out: nothing in it acts.
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { counted, Foreign, number, Time } from './words.tsx'

/** Lines that are drawn, the newest ones. */
const DRAWN_MAX = 1_000
/** Pixels from the end at which a person still counts as reading the newest lines. */
const NEAR = 24

/** One line of output. */
interface OutputLine {
  /** RFC 3339; absent: not known. */
  readonly at?: string
  /** Who says it, where it is not the program itself. */
  readonly mark?: string | undefined
  /** As the program wrote it, without its line end. */
  readonly text: string
}

interface TerminalProps {
  readonly label: string
  /** The oldest first. */
  readonly lines: readonly OutputLine[]
  /** New lines come, and the newest stay in sight; absent: nothing more comes. */
  readonly isLive?: boolean
  readonly onLive?: (live: boolean) => void
}

export function Terminal({ label, lines, isLive, onLive }: TerminalProps) {
  const [words, setWords] = useState('')
  const place = useRef<HTMLElement>(null)
  const isAtEnd = useRef(true)
  const wanted = words.toLowerCase()
  const found = wanted === '' ? lines : lines.filter(({ text }) => text.toLowerCase().includes(wanted))
  const drawn = found.slice(-DRAWN_MAX)
  useLayoutEffect(() => {
    const target = place.current
    // Whoever scrolled back to read is left there.
    if (target !== null && isAtEnd.current) target.scrollTop = target.scrollHeight
  }, [lines, words])
  return (
    <div class="terminal-frame">
      <div class="filters">
        <input
          type="search"
          aria-label={`Find in: ${label}`}
          placeholder="Find"
          value={words}
          onInput={({ currentTarget }) => setWords(currentTarget.value)}
        />
        {onLive !== undefined && (
          <label>
            <input
              type="checkbox"
              checked={isLive === true}
              onChange={({ currentTarget }) => onLive(currentTarget.checked)}
            />{' '}
            live
          </label>
        )}
        <span class="quiet">
          {wanted === ''
            ? counted(lines.length, 'line')
            : `${number(found.length)} of ${counted(lines.length, 'line')}`}
          {drawn.length < found.length && `, the newest ${number(DRAWN_MAX)} shown`}
        </span>
      </div>
      <section
        class="terminal"
        ref={place}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: without it, not every browser lets the keyboard scroll it.
        tabIndex={0}
        aria-label={label}
        onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR
        }}
      >
        {drawn.map(({ at, mark, text }, i) => (
          <div key={i}>
            {at !== undefined && (
              <span class="dim">
                <Time at={at} as="clock" />{' '}
              </span>
            )}
            {mark !== undefined && <b class="dim">{mark} </b>}
            <Foreign text={text} />
          </div>
        ))}
      </section>
    </div>
  )
}
