// A line or bars over time. The drawing is loaded when it is first needed, and its numbers are in a table below it.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Drawing, Point, Step } from './drawing.ts'
import { Table } from './table.tsx'
import { Time } from './words.tsx'

interface TrendProps {
  readonly title: string
  /** What is counted, `commands`. */
  readonly counts: string
  readonly points: readonly Point[]
  readonly by: Step
  /** The points are days of UTC, as everything of the mesh; otherwise of the person's own time zone. */
  readonly isUtc?: boolean
}

export function Trend({ title, counts, points, by, isUtc = false }: TrendProps) {
  const place = useRef<HTMLDivElement>(null)
  const reading = useRef<HTMLParagraphElement>(null)
  const [isDrawn, setDrawn] = useState(true)
  const latest = useRef(points)
  latest.current = points
  const chart = useRef<Drawing | undefined>(undefined)
  useEffect(() => {
    const target = place.current
    if (target === null) return
    let isGone = false
    import('./drawing.ts').then(
      ({ draw }) => {
        if (!isGone) chart.current = draw(target, latest.current, { counts, by, isUtc, onRead })
      },
      () => setDrawn(false),
    )
    return () => {
      isGone = true
      chart.current?.end()
      chart.current = undefined
    }
  }, [counts, by, isUtc])
  const numbers = JSON.stringify(points)
  useEffect(() => chart.current?.show(latest.current), [numbers])
  return (
    <figure class="trend">
      <p class="quiet reading" ref={reading} aria-hidden="true" />
      {isDrawn && <div class="drawing" ref={place} aria-hidden="true" />}
      <details open={!isDrawn}>
        <summary>{title} as a table</summary>
        <Table
          caption={title}
          rows={points}
          keyOf="start"
          columns={{
            [by === 'hour' ? 'Hour' : by === 'week' ? 'Week from' : isUtc ? 'Day (UTC)' : 'Day']: when,
            [counts]: 'value',
          }}
        />
      </details>
    </figure>
  )

  // Written past Preact: it changes with each move of the pointer, and the table below it does not.
  function onRead(text: string): void {
    if (reading.current !== null) reading.current.textContent = text
  }

  function when({ start }: Point) {
    return <Time at={start} as={by === 'hour' ? 'clock' : isUtc ? 'utc-day' : 'day'} />
  }
}
