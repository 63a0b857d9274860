// The log of the daemon as it comes, and anew where it broke off.
import { useEffect, useState } from 'preact/hooks'
import type { Problem } from '../../api/contract/client/page.ts'
import { getLogs } from '../../api/contract/operations/care.ts'
import type { LogLineShape } from '../../api/contract/shapes.ts'
import { Choice, Foreign, Panel, plain, Scroll, Time, Trouble } from '../parts/index.ts'
import { client, noted, RETRY_MS, untilLookedAt } from '../state/index.ts'

const LINES_MAX = 300

interface Line {
  readonly time: string
  readonly level: string
  readonly msg: string
  /** Everything else that the line says, `name value`. */
  readonly facts: string
  readonly seq: number | undefined
}

const lineOf = ({ time, level, msg, seq, pid: _, ...rest }: LogLineShape): Line => ({
  time,
  level,
  msg,
  seq,
  facts: Object.entries(rest)
    .map(([name, value]) => `${plain(name)} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', '),
})

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** The log, followed while the view is open. */
export function Logs() {
  const [lines, setLines] = useState<readonly Line[]>([])
  const [problem, setProblem] = useState<Problem>()
  const [isCut, setCut] = useState(false)
  const [level, setLevel] = useState<(typeof LEVELS)[number]>('info')

  /** Follows the log until `signal`, with a new stream where one has ended; a refusal is the end. */
  async function follow(signal: AbortSignal): Promise<void> {
    const query = { follow: true, lines: 100, level }
    let waitMs: number = RETRY_MS.least
    while (!signal.aborted) {
      const begunAt = performance.now()
      let isFirst = true
      let told: Problem | undefined
      setCut(false)
      try {
        for await (const line of client.lines(getLogs, { query, signal })) {
          // A new stream begins with the last lines of the one before again.
          const kept = isFirst ? 0 : LINES_MAX - 1
          isFirst = false
          setProblem(undefined)
          setLines((before) => [lineOf(line), ...before.slice(0, kept)])
        }
      } catch (error) {
        told = noted(error)
      }
      if (signal.aborted) return
      setCut(true)
      setProblem(told)
      if (told?.code === 'refused') return
      // A log in which nothing happens is closed after a while, too; that is no failure.
      if (performance.now() - begunAt > RETRY_MS.most) waitMs = RETRY_MS.least
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      waitMs = Math.min(2 * waitMs, RETRY_MS.most)
      // A page that nobody looks at must not keep its session open.
      await untilLookedAt()
    }
  }
  useEffect(() => {
    const ending = new AbortController()
    setLines([])
    setProblem(undefined)
    void follow(ending.signal)
    return () => ending.abort(new Error('the log is no longer shown'))
  }, [level])
  return (
    <Panel
      title="Log"
      wide
      note="Live, newest first."
      actions={
        <Choice
          label="At least"
          value={level}
          choices={LEVELS.map((one) => [one, one])}
          onChoose={setLevel}
        />
      }
    >
      {problem !== undefined && <Trouble problem={problem} />}
      {isCut && problem?.code !== 'refused' && (
        <p class="note" role="status">
          The log has ended, and is asked for again.
        </p>
      )}
      {problem === undefined && lines.length === 0 && <p class="empty">No line of this level.</p>}
      {lines.length > 0 && (
        <Scroll class="log" label="Log of the daemon">
          {lines.map((line, i) => (
            <div key={line.seq ?? i} class={`line line-${line.level}`}>
              <Time at={line.time} as="clock" /> <b>{line.level}</b> <Foreign text={line.msg} />{' '}
              <span class="quiet">
                <Foreign text={line.facts} />
              </span>
            </div>
          ))}
        </Scroll>
      )}
    </Panel>
  )
}
